/** The processes of the control plane, in the order in which they start; they stop in reverse. */
export const components = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"] as const;

export type Component = (typeof components)[number];

/** What can be left out; etcd and the API server always run. */
export type OptionalComponent = Exclude<Component, "etcd" | "kube-apiserver">;

export const optionalComponents: readonly OptionalComponent[] = ["kube-controller-manager", "kube-scheduler", "kwok"];

/** How long a component may take to end after SIGTERM before SIGKILL, milliseconds; together below 8 s. */
export const graceMs: Readonly<Record<Component, number>> = {
  kwok: 1_000,
  "kube-scheduler": 1_000,
  "kube-controller-manager": 1_500,
  "kube-apiserver": 3_000,
  etcd: 1_000,
};

export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiserver: number;
  readonly controllerManager: number;
  readonly scheduler: number;
  readonly kwok: number;
}

/** Paths and ports that the command lines are made of. */
export interface Layout {
  readonly ports: Ports;
  /** etcd's data; thrown away at the end, so best on tmpfs. */
  readonly dataDirectory: string;
  /** Where the API server writes its self-signed certificate: `apiserver.crt`, `apiserver.key`. */
  readonly certDirectory: string;
  readonly kubeconfig: string;
  readonly tokenFile: string;
  readonly serviceAccountKeyFile: string;
  readonly serviceAccountPublicKeyFile: string;
  readonly stagesFile: string;
}

const loopback = (port: number): string => `http://127.0.0.1:${port}`;

const etcd = ({ ports, dataDirectory }: Layout): readonly string[] => [
  "--name=local",
  `--data-dir=${dataDirectory}`,
  `--listen-client-urls=${loopback(ports.etcd)}`,
  `--advertise-client-urls=${loopback(ports.etcd)}`,
  `--listen-peer-urls=${loopback(ports.etcdPeer)}`,
  `--initial-advertise-peer-urls=${loopback(ports.etcdPeer)}`,
  `--initial-cluster=local=${loopback(ports.etcdPeer)}`,
  "--unsafe-no-fsync",
  "--log-level=warn",
];

const apiserver = (layout: Layout): readonly string[] => [
  `--etcd-servers=${loopback(layout.ports.etcd)}`,
  "--bind-address=127.0.0.1",
  `--secure-port=${layout.ports.apiserver}`,
  "--advertise-address=127.0.0.1",
  // A loopback address may not be an endpoint of the Service "kubernetes": the reconciler would log an error every 10 s.
  "--endpoint-reconciler-type=none",
  `--cert-dir=${layout.certDirectory}`,
  `--token-auth-file=${layout.tokenFile}`,
  "--authorization-mode=RBAC",
  "--service-cluster-ip-range=10.0.0.0/16",
  "--service-account-issuer=https://kubernetes.default.svc",
  `--service-account-key-file=${layout.serviceAccountPublicKeyFile}`,
  `--service-account-signing-key-file=${layout.serviceAccountKeyFile}`,
  // Pods are created at once instead of after their service account's appearance.
  "--disable-admission-plugins=ServiceAccount",
  "--allow-privileged=true",
  "--profiling=false",
];

const serving = ({ certDirectory }: Layout, port: number): readonly string[] => [
  "--bind-address=127.0.0.1",
  `--secure-port=${port}`,
  `--tls-cert-file=${certDirectory}/apiserver.crt`,
  `--tls-private-key-file=${certDirectory}/apiserver.key`,
  "--leader-elect=false",
  "--profiling=false",
];

const controllerManager = (layout: Layout): readonly string[] => [
  ...serving(layout, layout.ports.controllerManager),
  `--kubeconfig=${layout.kubeconfig}`,
  "--use-service-account-credentials=false",
  `--service-account-private-key-file=${layout.serviceAccountKeyFile}`,
  `--root-ca-file=${layout.certDirectory}/apiserver.crt`,
  "--kube-api-qps=500",
  "--kube-api-burst=1000",
];

const scheduler = (layout: Layout): readonly string[] => [
  ...serving(layout, layout.ports.scheduler),
  `--kubeconfig=${layout.kubeconfig}`,
  "--kube-api-qps=500",
  "--kube-api-burst=1000",
];

const kwok = (layout: Layout): readonly string[] => [
  `--kubeconfig=${layout.kubeconfig}`,
  "--manage-all-nodes=true",
  "--enable-crds=",
  `--config=${layout.stagesFile}`,
  "--cidr=10.244.0.0/16",
  "--node-ip=127.0.0.1",
  `--server-address=127.0.0.1:${layout.ports.kwok}`,
  "--node-lease-duration-seconds=40",
];

const argvOf: Readonly<Record<Component, (layout: Layout) => readonly string[]>> = {
  etcd,
  "kube-apiserver": apiserver,
  "kube-controller-manager": controllerManager,
  "kube-scheduler": scheduler,
  kwok,
};

/** The arguments of a component. No secret is among them: tokens and keys are files. */
export const argumentsOf = (component: Component, layout: Layout): readonly string[] => argvOf[component](layout);

const readiness: Readonly<Record<Component, (ports: Ports) => string>> = {
  etcd: (ports) => `${loopback(ports.etcd)}/readyz`,
  "kube-apiserver": (ports) => `https://127.0.0.1:${ports.apiserver}/readyz`,
  "kube-controller-manager": (ports) => `https://127.0.0.1:${ports.controllerManager}/healthz`,
  "kube-scheduler": (ports) => `https://127.0.0.1:${ports.scheduler}/readyz`,
  kwok: (ports) => `${loopback(ports.kwok)}/readyz`,
};

/** The URL that answers 200 once the component works. */
export const readinessUrl = (component: Component, ports: Ports): string => readiness[component](ports);
