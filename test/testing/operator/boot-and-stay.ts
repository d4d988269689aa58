// A program for the test of leftovers: boots a control plane, says where, and stays until it is killed.
import { bootCluster } from "./cluster.ts";

const { controlPlane } = await bootCluster();
process.stdout.write(`${JSON.stringify({ booted: controlPlane.directory })}\n`);
