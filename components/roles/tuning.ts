import type { Construct } from 'constructs';
import type { Handle } from '../../constructs';

/** Searches for good hyperparameters: runs experiments in the namespaces of tenants. */
export interface Tuning extends Handle {
  /**
   * Makes a namespace ready for experiments, rendered below `scope`: the account of the services that choose what trials
   * try, and the ways of trials and services to the server that keeps observations.
   */
  addNamespace(scope: Construct, id: string, props: { readonly namespace: string }): void;
}
