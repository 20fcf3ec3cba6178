/** File in which the operator finds the init container of a PyTorchJob's workers. */
export const initContainerFile = 'initContainer.yaml';

/**
 * The init container that holds PyTorch workers back until their master's name resolves, as the operator's template.
 * The built-in one has no security context, so that a namespace held to `restricted` refuses the worker.
 */
export const initContainer = `- name: init-pytorch
  image: '{{.InitContainerImage}}'
  imagePullPolicy: IfNotPresent
  command:
    - sh
    - -c
    - for try in $(seq {{.MaxTries}}); do nslookup {{.MasterAddr}} && exit 0; sleep 2; done; exit 1
  resources:
    requests: { cpu: 50m, memory: 10Mi }
    limits: { cpu: 100m, memory: 20Mi }
  securityContext:
    allowPrivilegeEscalation: false
    capabilities: { drop: [ALL] }
    readOnlyRootFilesystem: true
    runAsNonRoot: true
    runAsUser: 65534
    seccompProfile: { type: RuntimeDefault }
`;
