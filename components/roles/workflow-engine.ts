import type { Construct } from 'constructs';
import type { Handle, ServiceAccount } from '../../constructs';
import type { ObjectStore, StoreAccount, StoreIdentity } from './object-store';

/** Where the workflows of a namespace keep artifacts and logs. */
export interface ArtifactRepository {
  readonly store: ObjectStore;
  readonly bucket: string;

  /** What their keys begin with; ends in `/`. */
  readonly prefix: string;

  /** Whose key they use, from a Secret of their own namespace. */
  readonly identity: StoreIdentity;

  /** The store knows the pods by their service account, so that they need no key. @default - they use the key */
  readonly account?: StoreAccount;
}

/** Runs workflows: Argo's kinds, whose pods are made in the workflow's own namespace. */
export interface WorkflowEngine extends Handle {
  /** Where the controller runs. */
  readonly namespace: string;

  /**
   * Makes the namespace of `account` ready for workflows, rendered below `scope`.
   *
   * @param props.account   runs their pods; it must mount its token, by which results are reported
   * @param props.artifacts where they keep artifacts unless they say otherwise
   */
  addNamespace(
    scope: Construct,
    id: string,
    props: { readonly account: ServiceAccount; readonly artifacts?: ArtifactRepository },
  ): void;
}
