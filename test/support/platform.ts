import { apply, type DeployOptions, destroy, status } from '../../engine/deploy';
import { KubeClient } from '../../engine/deploy/client';
import { Connection } from '../../engine/deploy/connection';
import { readKubeconfig } from '../../engine/deploy/kubeconfig';
import type { Environment } from '../../environments';
import type { Distribution } from '../../stacks/distribution';
import { renderEnvironment } from '../../stacks/platform';
import { deployPlatform, fitCluster } from '../../stacks/program';
import { testKubeconfig } from './cluster';

/** What the API server says to somebody. */
export interface Answer {
  readonly status: number;

  /** Why not. */
  readonly message?: string;
}

/** An environment on the shared control plane. */
export class DeployedPlatform {
  public readonly client: KubeClient;
  private readonly connection: Connection;

  private constructor(private readonly options: DeployOptions) {
    const cluster = readKubeconfig(testKubeconfig());
    this.client = new KubeClient(cluster);
    this.connection = new Connection(cluster);
  }

  /** Brings it up; throws when anything failed. */
  public static async up(environment: Environment, distribution: Distribution = {}): Promise<DeployedPlatform> {
    const kubeconfig = testKubeconfig();
    const program = () => deployPlatform(fitCluster(renderEnvironment(environment, distribution)), { kubeconfig });
    const platform = new DeployedPlatform({ stack: environment.name, project: 'flowyard', kubeconfig, program });
    const { ok, failures } = await apply(platform.options);
    if (!ok) throw new Error(JSON.stringify(failures));
    return platform;
  }

  /** Takes all of it away, protected objects too. */
  public async down(): Promise<void> {
    const { objects } = await status(this.options);
    const acknowledge = objects.map(({ object: { kind, namespace, name } }) =>
      [kind, namespace, name].filter(Boolean).join('/'),
    );
    const { failures } = await destroy({ ...this.options, acknowledge });
    this.client.close();
    this.connection.close();
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
  }

  /** Creates an object as `user`, strictly. */
  public async createAs(
    user: string,
    path: string,
    object: object,
    options: { dryRun?: boolean } = {},
  ): Promise<Answer> {
    const { status: code, body } = await this.connection.send({
      method: 'POST',
      path: `${path}?fieldValidation=Strict${options.dryRun ? '&dryRun=All' : ''}`,
      headers: { accept: 'application/json', 'content-type': 'application/json', 'impersonate-user': user },
      body: JSON.stringify(object),
    });
    return { status: code, message: JSON.parse(body).message };
  }

  /** Whether `user` may do something. */
  public async can(
    user: string,
    verb: string,
    group: string,
    resource: string,
    namespace?: string,
    name?: string,
  ): Promise<boolean> {
    const [main, subresource] = resource.split('/');
    const review = await this.client.create('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes: { verb, group, resource: main, subresource, namespace, name } },
    });
    return review.status.allowed;
  }
}
