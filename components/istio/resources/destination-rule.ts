import { schema as s } from '../../../constructs';
import { age, column, istioKind, selector, stableVersions, texts } from './fields';
import { trafficPolicy } from './traffic-policy';

/** How a service is called, and the groups of its pods that routes may name. */
export const DestinationRule = istioKind({
  group: 'networking',
  kind: 'DestinationRule',
  plural: 'destinationrules',
  shortName: 'dr',
  versions: stableVersions,
  columns: [column('Host', 'host'), age],
  spec: s.optional(
    s.object({
      exportTo: s.optional(texts()),
      host: s.text(),
      subsets: s.optional(
        s.list(
          s.object({
            labels: s.optional(s.map(s.text())),
            name: s.text(),
            trafficPolicy: s.optional(trafficPolicy()),
          }),
        ),
      ),
      trafficPolicy: s.optional(trafficPolicy()),
      workloadSelector: s.optional(selector()),
    }),
  ),
});
