import { Command, InvalidArgumentError } from "commander";
import { choice, parseArguments, wrong, type Refusal } from "../../arguments.ts";
import type { Overlay } from "./overlay.ts";
import { OPERATOR } from "./rights.ts";

/** What `npm run overlay` is asked for. */
export interface OverlayArguments extends Pick<Overlay, "flavour" | "namespaces" | "operatorNamespace" | "image"> {
  /** As it was given. */
  readonly folder: string;
}

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

const namespace = (text: string): string => {
  if (LABEL.test(text)) return text;
  throw new InvalidArgumentError("it must be the name of a namespace: a-z, 0-9 and -, at most 63 characters.");
};

const namespaces = (text: string): readonly string[] => {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  if (names.every((name) => LABEL.test(name))) return names;
  throw new InvalidArgumentError("it must be names of namespaces, separated by commas.");
};

const image = (text: string): string => {
  if (/^[\w./:-]+(?:@sha256:[0-9a-f]{64})?$/.test(text)) return text;
  throw new InvalidArgumentError("it must be NAME:TAG or NAME@sha256:DIGEST.");
};

const command = (ownImage: string): Command =>
  new Command("npm run overlay --")
    .description("makes a folder for kubectl apply --server-side -k: the operator for some namespaces, with its rights in each")
    .requiredOption("--folder <path>", "folder to make; one that this command has made is made anew")
    .requiredOption(
      "--flavour <name>",
      "namespaced: charts have the operator's rights; tenants: those of an account of their namespace",
      choice(["namespaced", "tenants"]),
    )
    .requiredOption("--watch-namespaces <names>", "namespaces to watch, separated by commas", namespaces)
    .option("--operator-namespace <name>", "namespace of the operator; each operator of a cluster has its own", namespace, OPERATOR)
    .option("--image <name>", "image of the operator", image, ownImage);

/** `ownImage`: where none is named. */
export const parseOverlay = (args: readonly string[], ownImage: string): OverlayArguments | Refusal =>
  parseArguments(command(ownImage), args, ({ folder, flavour, watchNamespaces, operatorNamespace, image: named }) => {
    const overlay = {
      folder: String(folder),
      flavour: choice(["namespaced", "tenants"])(String(flavour)),
      namespaces: namespaces(String(watchNamespaces)),
      operatorNamespace: String(operatorNamespace),
      image: String(named),
    };
    if (overlay.namespaces.includes(overlay.operatorNamespace))
      throw wrong(
        `--watch-namespaces names "${overlay.operatorNamespace}", that of the operator, whose account no chart may use: choose another namespace for one of them.`,
      );
    return overlay;
  });
