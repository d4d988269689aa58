/** Fields that documents `armada/Chart/v1` and `v2`, and those of Armada's successors, have beside release and source. */
export const ARMADA_DOCUMENTS: Readonly<Record<string, object>> = {
  "wait.resources as a map": {
    namespace: "ceph",
    wait: {
      timeout: 1800,
      labels: { release_group: "clcp-ceph-mon" },
      resources: {
        job: false,
        pod: { labels: { component: "mon" }, min_ready: "50%", required: true },
        daemonset: [{ labels: { component: "mon" }, min_ready: 1, allow_async_updates: true }, { required: false }],
        statefulset: {},
      },
      native: { enabled: false },
    },
  },
  "wait.resources as a list": {
    wait: { resources: [{ type: "deployment", min_ready: "100%", required: false, namespace: "a", delay: 5, condition: "Ready" }] },
  },
  "wait.resources as an empty map": { wait: { resources: {} } },
  "wait.resources_list": { wait: { resources_list: [{ type: "job", labels: { a: "b" }, required: true }] } },
  "actions before an upgrade": {
    upgrade: {
      options: { force: false, recreate_pods: true, no_hooks: false },
      pre: { cleanup: true, update_crd: true, delete: [{ type: "job", labels: { release_group: "clcp-glance" } }] },
    },
  },
  "the rest": {
    protected: { continue_processing: false },
    test: { enabled: true, timeout: 600, options: { cleanup: true } },
    delete: { timeout: 600 },
    dependencies: ["helm-toolkit"],
    source: { type: "tar", location: "https://example.org/x.tgz", subpath: "x", reference: "", proxy_server: "", auth_method: "" },
    values: { conf: { paste: null } },
  },
  "what earlier versions had": {
    chart_name: "glance",
    test: true,
    timeout: 900,
    install: { no_hooks: false },
    upgrade: { no_hooks: false, pre: { update: [{ type: "daemonset", name: "x", labels: {} }], create: [], delete: [] }, post: { create: [] } },
  },
};
