import type { Static, TUnsafe } from '@sinclair/typebox';
import { type Accelerator, schema as s } from '../constructs';

/** `registry.example.com/mirror`, without scheme. */
const registry = () =>
  s.text({
    pattern: '^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$',
    maxLength: 200,
    title: "a registry without scheme such as 'registry.example.com/mirror'",
  });

/** An address range such as `10.0.0.0/8`. */
const cidr = () =>
  s.text({ pattern: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$', title: "an address range such as '10.0.0.0/8'" });

/** A Kubernetes quantity such as `500m` or `64Gi`, more than nothing. */
const quantity = () =>
  s.text({
    pattern: '^(?=.*[1-9])[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$',
    maxLength: 16,
    title: "a quantity such as '500m' or '64Gi'",
  });

/** An address under which the identity provider knows a person. */
const email = () =>
  s.text({
    pattern: "^[A-Za-z0-9.!#%&'*+/=?^_|~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
    maxLength: 254,
    title: "an e-mail address such as 'ada@example.com'",
  });

/** A name that can be a namespace: 42 characters leave room for what is derived from it. */
const dnsLabel = (maxLength = 42) =>
  s.text({
    pattern: '^[a-z]([a-z0-9-]*[a-z0-9])?$',
    maxLength,
    title: 'a name of lower-case letters, digits and hyphens that begins with a letter',
  });

/** Completed by editors to what is known, and open for other vendors. */
const accelerator = () =>
  s.text({
    pattern: '^[a-z]([a-z0-9-]*[a-z0-9])?$',
    maxLength: 63,
    title: 'a product name of lower-case letters, digits and hyphens',
  }) as unknown as TUnsafe<Accelerator | (string & {})>;

const nodePool = s.object({
  /** Short name, unique in the environment. */
  name: dnsLabel(),
  /** Nodes at rest. */
  nodes: s.int32({ minimum: 0, maximum: 1000 }),
  /** CPU cores of a node. */
  cpu: s.int32({ minimum: 1, maximum: 1024 }),
  /** Memory of a node, such as `64Gi`. */
  memory: quantity(),
  /** Accelerators of a node: the pool is tainted for those who ask for them. */
  gpu: s.optional(
    s.object({
      /** Product of NVIDIA, such as `nvidia-l4`; of another vendor when `resource` is given. */
      type: accelerator(),
      /** Devices on each node. */
      count: s.int32({ minimum: 1, maximum: 16 }),
      /** Extended resource that pods ask for. Default: `nvidia.com/gpu`. */
      resource: s.optional(
        s.text({ pattern: '^[a-z0-9.-]+/[a-zA-Z0-9._-]+$', title: "an extended resource such as 'nvidia.com/gpu'" }),
      ),
      /** MIG profile that every device is cut into, such as `1g.10gb`. Default: devices are whole. */
      mig: s.optional(s.text({ pattern: '^[1-7]g\\.[0-9]+gb$', title: "a MIG profile such as '1g.10gb'" })),
      /** Several pods on a device. Default: a pod has its devices for itself. */
      sharing: s.optional(
        s.object({
          /** `timeSlicing`: in turn. `mps`: at once, each with its part of the memory. */
          strategy: s.oneOf(['timeSlicing', 'mps']),
          /** Pods on a device. */
          clients: s.int32({ minimum: 2, maximum: 48 }),
        }),
      ),
    }),
  ),
  /** Nodes that the provider may take back: the pool is tainted for those who can bear it. Default: false. */
  spot: s.optional(s.bool()),
  /** Bounds between which an autoscaler keeps the number of nodes. Default: always `nodes`. */
  scaling: s.optional(
    s.object({ min: s.int32({ minimum: 0, maximum: 1000 }), max: s.int32({ minimum: 1, maximum: 1000 }) }),
  ),
  /** Zones over which the nodes are spread. Default: the provider decides. */
  zones: s.optional(
    s.list(s.text({ pattern: '^[a-z0-9-]+$', maxLength: 63, title: "a zone such as 'europe-west1-b'" }), {
      minItems: 1,
    }),
  ),
});

const infrastructure = s.object({
  /** `embedded`: a control plane on this machine with simulated nodes. `existing`: a cluster that you have. */
  kind: s.oneOf(['embedded', 'existing']),
  /** Pools of nodes. An embedded control plane simulates them; on an existing cluster they must be there. */
  nodePools: s.list(nodePool),
  /**
   * Runs NVIDIA's device plugin, on nodes that have NVIDIA's driver and container toolkit. Default: false, as on GKE and
   * with the accelerated images of EKS, which bring their own.
   */
  devicePlugin: s.optional(s.bool()),
  /**
   * Runs NVIDIA's GPU operator, which installs driver, container toolkit, device plugin, MIG manager and the exporter of
   * metrics: for nodes that come without, in place of `devicePlugin`. Default: none.
   */
  gpuOperator: s.optional(
    s.allOptional({
      /** Who installs the driver: `nodes` where their image has it. Default: `operator`. */
      driver: s.oneOf(['operator', 'nodes']),
      /** Who installs the container toolkit. Default: `operator`. */
      toolkit: s.oneOf(['operator', 'nodes']),
      /** Drivers by node pool, where not all get the same. Default: the release's for all. */
      drivers: s.map(
        s.allOptional({
          /** Such as `580.105.08`; of a precompiled one its branch, such as `580`. Default: the release's. */
          version: s.text({ pattern: '^[0-9]+(\\.[0-9]+)*$', title: "a version such as '580.105.08'" }),
          /** Kernel modules of NVIDIA. Default: `auto`, what suits the device. */
          kernelModules: s.oneOf(['auto', 'open', 'proprietary']),
          /** Takes modules that were built for the nodes' kernel. Default: false. */
          precompiled: s.bool(),
        }),
      ),
      /** Namespace of who reads the metrics of devices. Default: nobody does. */
      scraper: dnsLabel(63),
    }),
  ),
  /** What network policies must know of the API server: it is never guessed. */
  apiServer: s.object({
    /** Where its calls to webhooks come from. */
    callsFrom: s.list(cidr(), { minItems: 1 }),
    /** Where pods reach it. */
    addresses: s.list(cidr(), { minItems: 1 }),
    /** Ports on which pods reach it. */
    ports: s.list(s.int32({ minimum: 1, maximum: 65535 }), { minItems: 1 }),
  }),
  /** StorageClass of all claims. Default: the cluster's default class. */
  storageClass: s.optional(s.text({ minLength: 1 })),
});

/** 3 to 63 characters: lower-case letters, digits, hyphens. */
const bucketName = () =>
  s.text({ pattern: '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$', title: "a bucket name such as 'training-data'" });

const bucket = s.object({
  name: bucketName(),
  /** Keeps old versions of objects. Default: false. */
  versioning: s.optional(s.bool()),
  /** What happens to objects as they age. Default: they stay. */
  lifecycle: s.optional(
    s.list(
      s.object({
        /** Keys it holds for. Default: the whole bucket. */
        prefix: s.optional(s.text({ pattern: '/$', title: "a prefix that ends in '/'" })),
        /** Whole days after which objects are deleted. */
        expireAfterDays: s.int32({ minimum: 1, maximum: 36_500 }),
      }),
    ),
  ),
  /** What can be brought back after it was deleted or overwritten. Default: old versions stay where there are any. */
  retention: s.optional(
    s.list(
      s.object({
        /** Keys it holds for. Default: the whole bucket. */
        prefix: s.optional(s.text({ pattern: '/$', title: "a prefix that ends in '/'" })),
        /** Whole days for which it can. */
        restorableForDays: s.int32({ minimum: 1, maximum: 36_500 }),
      }),
    ),
  ),
});

const platform = s.object({
  /** Release that is re-created. */
  version: s.oneOf(['26.03.1']),
  /** Node pool of the platform's own pods. Default: anywhere. */
  nodePool: s.optional(dnsLabel()),
  /** Registry that mirrors all images. Default: each from its own. */
  imageRegistry: s.optional(registry()),
  /** Keeps artifacts, models and data. */
  objectStore: s.object({
    /**
     * `minio` and `seaweedfs`: run by the platform. `s3` and `gcs`: a cloud's. `existing`: any other that speaks S3. Of
     * those that others run, buckets and keys are made by them.
     */
    kind: s.oneOf(['minio', 'seaweedfs', 's3', 'gcs', 'existing']),
    /** Storage for all buckets, or of each drive, such as `20Gi`; of `minio` and `seaweedfs`. Default: `20Gi`. */
    capacity: s.optional(quantity()),
    /** Buckets beside those that components and tenants ask for; where others run the store, all there are. Default: none. */
    buckets: s.optional(s.list(bucket)),
    /** Bucket in which tenants have a prefix each. Default: `tenants`. */
    tenantBucket: s.optional(bucketName()),
    /** Servers that share all objects, in place of one; of `minio`. */
    distributed: s.optional(
      s.object({
        servers: s.int32({ minimum: 2, maximum: 64 }),
        /** Volumes of each. Default: 1. */
        drivesPerServer: s.optional(s.int32({ minimum: 1, maximum: 16 })),
      }),
    ),
    /** Speaks TLS, with a certificate of the cluster's own authority; of `minio` and `seaweedfs`. Default: false. */
    tls: s.optional(s.bool()),
    /** Who reads metrics; of `minio`. Default: holders of a token that reach it anyhow. */
    metrics: s.optional(
      s.object({
        /** `bearer`: with a token. `public`: without. */
        access: s.oneOf(['bearer', 'public']),
        /** Namespace of the scraper. */
        namespace: dnsLabel(63),
      }),
    ),
    /** Any text, such as a date: another one gives every identity a new key; of `minio` and `seaweedfs`. */
    keyGeneration: s.optional(s.text({ pattern: '^[A-Za-z0-9.-]{1,63}$', title: "a text such as '2026-11'" })),
    /** Region of the buckets, such as `eu-central-1`; of `s3`, which needs it, and `existing`. */
    region: s.optional(s.text({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', title: "a region such as 'eu-central-1'" })),
    /** Address such as `https://s3.example.com:9000`; of `existing`, which needs it, and `s3`. */
    endpoint: s.optional(
      s.text({
        pattern: '^https?://[a-z0-9.-]+(:[0-9]{1,5})?$',
        title: "a scheme and a host such as 'https://s3.example.com:9000'",
      }),
    ),
    /** Address ranges of the endpoint; of `existing` and `s3`. Default: the internet, or the pods of a host in the cluster. */
    addresses: s.optional(s.list(cidr(), { minItems: 1 })),
    /**
     * How pods are known. `pod-identity` (EKS) and `irsa` of `s3`, `workload-identity` (GKE) of `gcs`, `keys` in Secrets
     * that others make of both. Code that cannot do without a key gets one of those in any case.
     */
    identities: s.optional(s.oneOf(['pod-identity', 'irsa', 'workload-identity', 'keys'])),
    /** AWS account of the roles: 12 digits; with `irsa`. */
    account: s.optional(s.text({ pattern: '^[0-9]{12}$', title: 'the 12 digits of an AWS account' })),
    /** Google project of the service accounts; with `workload-identity`. */
    project: s.optional(
      s.text({ pattern: '^[a-z][a-z0-9-]{4,28}[a-z0-9]$', title: "a project's id such as 'acme-ml'" }),
    ),
    /** Begins the names of roles and service accounts. Default: the environment's name and a hyphen, 12 characters at most. */
    identityPrefix: s.optional(s.text({ pattern: '^[a-z][a-z0-9-]{0,11}$', title: "a prefix such as 'prod-'" })),
  }),
  /** Keeps rows for the parts that need it, such as tuning. Default: none. */
  database: s.optional(
    s.object({
      /** `mysql`: a server run by the platform, with a user and databases for each part. */
      kind: s.oneOf(['mysql']),
      /** Size of its volume. Default: `20Gi`. */
      capacity: s.optional(quantity()),
    }),
  ),
  /** Encrypts and guards what parts say to each other, and has the users' gateway. Default: none. */
  serviceMesh: s.optional(
    s.object({
      /** `istio`: run by the platform. `existing`: the cluster has an Istio. */
      kind: s.oneOf(['istio', 'existing']),
      /** Where users' requests come from, as the gateway sees it; of `istio`. Default: anywhere. */
      clients: s.optional(s.list(cidr(), { minItems: 1 })),
      /** Two of the control plane and of each gateway; of `istio`. Default: false. */
      highlyAvailable: s.optional(s.bool()),
      /** Namespace of the mesh that is there; of `existing`. Default: `istio-system`. */
      namespace: s.optional(dnsLabel(63)),
      /** Revision of the mesh that is there; of `existing`. Default: the one that `istio-injection` means. */
      revision: s.optional(dnsLabel(63)),
    }),
  ),
  /** Training Operator v1: TFJob, PyTorchJob and the other kinds of the first generation. Default: false. */
  trainingOperator: s.optional(s.bool()),
  /** Katib: searches for hyperparameters. Needs a database. Default: false. */
  katib: s.optional(s.bool()),
  /**
   * Scheduler by which Training Operator v1 starts the pods of a job together or not at all; the cluster must have it.
   * Default: none.
   */
  gangScheduling: s.optional(s.oneOf(['volcano', 'scheduler-plugins'])),
  /** Argo Workflows: runs pipelines, and workflows that tenants write. Default: off. */
  workflows: s.optional(
    s.object({
      /** `argo`: installed. `existing`: one that the cluster has, with its own settings. */
      kind: s.oneOf(['argo', 'existing']),
      /** Where the controller of an existing one runs. Default: `argo`. */
      namespace: s.optional(dnsLabel(63)),
      /** How long finished workflows are kept. Default: 7 days, failed ones 14. */
      retention: s.optional(
        s.allOptional({
          /** Seconds until a workflow that succeeded is deleted. */
          secondsAfterSuccess: s.int32({ minimum: 1 }),
          /** Seconds until a workflow that failed is deleted. */
          secondsAfterFailure: s.int32({ minimum: 1 }),
        }),
      ),
    }),
  ),
  /** Has the jobs of tenants wait until there is room for all of their pods. Default: jobs start, and pods wait. */
  queues: s.optional(
    s.object({
      kind: s.oneOf(['kueue']),
      /** Whether a tenant gets back at once what it is guaranteed, by stopping jobs of those who borrowed it. Default: true. */
      reclaims: s.optional(s.bool()),
    }),
  ),
  /** Trainer v2 with JobSet: TrainJobs and their runtimes. Default: false. */
  trainer: s.optional(s.bool()),
  /** JSON patches over rendered objects, by construct path; one that matches nothing is an error. */
  patches: s.optional(
    s.list(
      s.object({
        /** Such as `minio/Server/Deployment`. */
        path: s.text({ minLength: 1 }),
        patch: s.list(
          s.object({
            op: s.oneOf(['add', 'remove', 'replace', 'test']),
            /** JSON pointer, such as `/spec/replicas`. */
            path: s.text({ pattern: '^/', title: "a JSON pointer such as '/spec/replicas'" }),
            value: s.optional(s.anything()),
          }),
          { minItems: 1 },
        ),
      }),
    ),
  ),
});

const member = s.object({
  /** E-mail address under which the identity provider knows the person. */
  user: email(),
  /** `edit` runs and changes things, `view` reads. */
  role: s.oneOf(['edit', 'view']),
});

const tenant = s.object({
  /** Name of the team and of its namespace. */
  name: dnsLabel(),
  /** E-mail address of who answers for it. */
  owner: email(),
  /** People beside the owner. Default: none. */
  members: s.optional(s.list(member)),
  /** Ceilings for everything that runs there. */
  quota: s.object({
    /** CPU cores that all pods may ask for. */
    cpu: quantity(),
    /** Memory that all pods may ask for. */
    memory: quantity(),
    /** Storage of all claims. */
    storage: quantity(),
    /** Accelerators by node pool, such as `{ 'gpu-l4': 2 }`. Default: none. */
    gpus: s.optional(s.map(s.int32({ minimum: 0 }))),
    /**
     * Of `gpus`, those that are held for it: the others it borrows while they are idle. With `platform.queues`. Default:
     * all of them.
     */
    guaranteedGpus: s.optional(s.map(s.int32({ minimum: 0 }))),
    /** Pods at once. Default: 100. */
    pods: s.optional(s.int32({ minimum: 1, maximum: 100_000 })),
  }),
  /** Pod Security level. Default: `restricted`. */
  podSecurity: s.optional(s.oneOf(['restricted', 'baseline'])),
  /** Address ranges outside the cluster that pods may reach on port 443. Default: none. */
  egress: s.optional(s.list(cidr())),
  /** Labels of the namespace, such as a cost centre. Default: none. */
  labels: s.optional(
    s.map(
      s.text({
        pattern: '^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$',
        maxLength: 63,
        title: "a label's value of letters, digits, dots, dashes and underscores",
      }),
    ),
  ),
});

/** Schema of an environment: the type below is derived from it. */
export const environmentSchema = s.object({
  /** Name of the environment and of its stack. */
  name: dnsLabel(),
  infrastructure,
  platform,
  tenants: s.list(tenant),
});

/** Typed settings of one installation: what it runs on, what it is, who uses it. */
export type Environment = Static<typeof environmentSchema>;

/** A team on the platform. */
export type TenantSettings = Static<typeof tenant>;

/** A pool of nodes. */
export type NodePoolSettings = Static<typeof nodePool>;
