import { loadKubeConfig } from "../../../src/kube/config.ts";
import { KubeHttp } from "../../../src/kube/http.ts";
import { z } from "zod";

const groupList = z.object({ groups: z.array(z.object({ name: z.string() })) });

/** API groups that it serves now, in order: those of CustomResourceDefinitions come and go. */
export const groupsServed = async ({ kubeconfigPath }: { readonly kubeconfigPath: string }): Promise<readonly string[]> => {
  const http = new KubeHttp(await loadKubeConfig({ path: kubeconfigPath }));
  try {
    const { groups } = groupList.parse(await http.request({ method: "GET", path: "/apis" }, AbortSignal.timeout(10_000)));
    return groups.map(({ name }) => name).toSorted();
  } finally {
    await http.close();
  }
};
