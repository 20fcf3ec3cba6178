import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { Component, ConfigMap, NetworkRules, type ServiceAccount } from '../../constructs';
import type { ArtifactRepository, Cluster } from '../roles';
import { repositorySettings } from './artifacts';
import { grantExecutor } from './rbac';

/** Key of the repository, as upstream's profile controller names it. */
const repository = 'default-namespaced';

/** What a namespace has so that workflows run in it. */
export class WorkflowNamespace extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly account: ServiceAccount; readonly artifacts?: ArtifactRepository; readonly cluster: Cluster },
  ) {
    super(scope, id);
    const { account, artifacts, cluster } = props;
    const { namespace } = account;
    if (!account.mountsToken) {
      Component.of(this).fail(
        `'account' of workflows must have 'mountsToken', by which their pods report results, got '${account.name}' without it`,
      );
    }
    grantExecutor(this, account);
    // The label is on all pods of a workflow that has not finished: they report to the API server.
    new NetworkRules(this, 'Network', {
      name: 'workflows',
      namespace,
      pods: { 'workflows.argoproj.io/completed': 'false' },
    }).addEgress(cluster.apiServer.peers, cluster.apiServer.ports);
    if (artifacts) {
      new ConfigMap(this, 'Repositories', {
        name: 'artifact-repositories',
        namespace,
        annotations: { 'workflows.argoproj.io/default-artifact-repository': repository },
        data: { [repository]: stringify(repositorySettings(artifacts)) },
      });
    }
  }
}
