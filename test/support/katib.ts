import { Construct } from 'constructs';
import { Katib, type KatibProps } from '../../components/katib';
import type { Distribution } from '../../stacks/distribution';
import { trialResources } from '../../stacks/platform';
import { StubDatabase } from './sql-database';

/** Katib beside a platform, for all of its tenants, with a database that is elsewhere. */
export function withKatib(props: Partial<KatibProps> = {}): Distribution {
  return {
    extend: ({ app, environment, cluster, certificates, mesh }) => {
      const katib = new Katib(app, 'katib', {
        ...{ cluster, certificates, mesh, database: new StubDatabase(app) },
        trialResources: trialResources(environment.platform),
        ...props,
      });
      const namespaces = new Construct(katib, 'Tenants');
      for (const { name } of environment.tenants) katib.addNamespace(namespaces, name, { namespace: name });
    },
  };
}
