import { apply, plan } from '../engine/deploy';
import { deployment, onFreshCluster } from './cluster';
import type { Report } from './report';
import { withTenants } from './scale';

/** One more tenant beside many. */
export async function tenants(report: Report, count: number): Promise<void> {
  const before = withTenants(count);
  const after = withTenants(count + 1);
  report.heading(`one tenant more than ${count}`);
  await onFreshCluster(before, async kubeconfig => {
    const first = await apply(deployment(before, kubeconfig));
    if (!first.ok) throw first.error!;
    report.row({ 'first up, objects': first.counts.created, s: first.seconds });
    const started = performance.now();
    const planned = await plan(deployment(after, kubeconfig));
    const plannedSeconds = (performance.now() - started) / 1000;
    const result = await apply(planned);
    if (!result.ok) throw result.error!;
    const changed = planned.objects.filter(({ action }) => action !== 'unchanged');
    const own = changed.filter(({ component }) => component === `tenant-team-${count}`);
    const others = changed.filter(each => !own.includes(each)).map(({ object }) => `${object.kind}/${object.name}`);
    report.row({
      'objects of the tenant': own.length,
      'of others': others.length,
      'which are': others.join(', ') || 'none',
      'plan s': plannedSeconds,
      'apply s': result.seconds,
      'peak MB of this process': process.resourceUsage().maxRSS / 1024,
    });
  });
}
