// A program for the test of leftovers: boots a control plane, says where, and stays until it is killed.
import { startCluster } from "./cluster.ts";

const { controlPlane } = await startCluster();
process.stdout.write(`${JSON.stringify({ booted: controlPlane.directory })}\n`);
