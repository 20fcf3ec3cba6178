import { schema as s } from '../../../constructs';
import { age, duration, istioKind, oneTarget, selector, targetRef, targetRefs } from './fields';

const providers = () => s.list(s.object({ name: s.text({ minLength: 1 }) }));
const mode = () => s.oneOf(['CLIENT_AND_SERVER', 'CLIENT', 'SERVER']);
const flag = () => s.nullable(s.bool());

const metric = () =>
  s.oneOf([
    ...(['ALL_METRICS', 'REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE'] as const),
    ...(['TCP_OPENED_CONNECTIONS', 'TCP_CLOSED_CONNECTIONS', 'TCP_SENT_BYTES', 'TCP_RECEIVED_BYTES'] as const),
    ...(['GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES'] as const),
  ]);

const tagOverride = () => {
  const given = '(has(self.operation) ? self.operation : "")';
  return s.allOptional(
    { operation: s.oneOf(['UPSERT', 'REMOVE']), value: s.text() },
    {
      rules: [
        {
          rule: `(${given} == "UPSERT") ? (self.value != "") : true`,
          message: 'value must be set when operation is UPSERT',
        },
        {
          rule: `(${given} == "REMOVE") ? !has(self.value) : true`,
          message: 'value must not be set when operation is REMOVE',
        },
      ],
    },
  );
};

const metrics = () =>
  s.allOptional({
    overrides: s.list(
      s.allOptional({
        disabled: flag(),
        match: s.allOptional(
          { customMetric: s.text({ minLength: 1 }), metric: metric(), mode: mode() },
          { atMostOne: [['metric', 'customMetric']] },
        ),
        tagOverrides: s.map(tagOverride()),
      }),
    ),
    providers: providers(),
    reportingInterval: duration(),
  });

const tracing = () => {
  const name = () => s.object({ defaultValue: s.optional(s.text()), name: s.text({ minLength: 1 }) });
  const value = () => s.object({ value: s.text({ minLength: 1 }) });
  return s.allOptional({
    customTags: s.map(
      s.allOptional(
        { environment: name(), formatter: value(), header: name(), literal: value() },
        { atMostOne: [['literal', 'environment', 'header', 'formatter']] },
      ),
    ),
    disableContextPropagation: flag(),
    disableSpanReporting: flag(),
    enableIstioTags: flag(),
    match: s.allOptional({ mode: mode() }),
    providers: providers(),
    randomSamplingPercentage: s.nullable(s.decimal({ format: 'double', minimum: 0, maximum: 100 })),
    useRequestIdForTraceSampling: flag(),
  });
};

/** What proxies tell of the traffic: logs, metrics, traces. */
export const Telemetry = istioKind({
  group: 'telemetry',
  kind: 'Telemetry',
  plural: 'telemetries',
  shortName: 'telemetry',
  versions: ['v1alpha1', 'v1'],
  columns: [age],
  spec: s.optional(
    s.allOptional(
      {
        accessLogging: s.list(
          s.allOptional({
            disabled: flag(),
            filter: s.allOptional({ expression: s.text() }),
            match: s.allOptional({ mode: mode() }),
            providers: providers(),
          }),
        ),
        metrics: s.list(metrics()),
        selector: selector(),
        targetRef: targetRef(),
        targetRefs: targetRefs(),
        tracing: s.list(tracing()),
      },
      { rules: [oneTarget('selector', 'targetRef', 'targetRefs')] },
    ),
  ),
});
