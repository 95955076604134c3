/** What a new object begins as: the least that works, under a name that is free. */
export type Creatable = 'Pod' | 'Deployment' | 'Service' | 'Node'

/** `app`: the label that a new Service looks for. */
export function templateOf(kind: Creatable, isTaken: (name: string) => boolean, app: string): string {
  return TEMPLATES[kind](freeName(BASES[kind], isTaken), app)
}

const BASES: Readonly<Record<Creatable, string>> = { Pod: 'pod', Deployment: 'app', Service: 'service', Node: 'node' }

/** `app-1`, `app-2`: the first that nothing has. */
function freeName(base: string, isTaken: (name: string) => boolean): string {
  for (let number = 1; ; number++) if (!isTaken(`${base}-${number}`)) return `${base}-${number}`
}

const TEMPLATES: Readonly<Record<Creatable, (name: string, app: string) => string>> = {
  Pod: (name) => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  containers:
    - name: main
      image: nginx
      ports:
        - containerPort: 80
`,
  Deployment: (name) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: main
          image: nginx
          ports:
            - containerPort: 8080
`,
  Service: (name, app) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  type: ClusterIP
  selector:
    app: ${app}
  ports:
    - port: 80
      targetPort: 8080
`,
  Node: (name) => `apiVersion: v1
kind: Node
metadata:
  name: ${name}
`,
}
