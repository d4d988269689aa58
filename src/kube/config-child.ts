import { messageOf } from "../base/errors.ts";
import { loadKubeConfig } from "./config.ts";
import { writeOut, type Printed } from "./config-apart.ts";

/** The program of the child that {@link loadKubeConfigApart} starts: argument 1 is the path of the kubeconfig, if any. */
const read = async (): Promise<Printed> => {
  try {
    return writeOut(await loadKubeConfig({ path: process.argv[2] }));
  } catch (error) {
    return { error: messageOf(error) };
  }
};

process.stdout.write(JSON.stringify(await read()));
