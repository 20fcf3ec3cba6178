import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { apiObjects, plain } from '../../../constructs';
import { ExperimentKind } from '../resources';
import {
  type Algorithm,
  algorithmProblems,
  countProblems,
  defaultParallel,
  type EarlyStopping,
  earlyStoppingProblems,
  type Settings,
  type TrialCounts,
} from './checks';
import { collectorProblems, type MetricsCollector, renderCollector } from './collector';
import { conditionsOf } from './conditions';
import { nameProblems, parameterProblems, renderParameter, type Search } from './search';
import { placeholder, type TrialMetadata, type TrialParameter, templateProblems, trialMetadata } from './template';
import { podTemplates, type TrialObject, withoutSidecars } from './trial';

/** What is to be reached. */
export interface Objective {
  readonly type: 'minimize' | 'maximize';

  /** The experiment ends as soon as a trial reaches it. @default - all trials run */
  readonly goal?: number;

  /** The metric by which trials are compared. */
  readonly objectiveMetricName: string;

  /** Metrics that are kept beside it. @default - none */
  readonly additionalMetricNames?: readonly string[];

  /** Which of a metric's reports counts, by metric. @default - the best one, by `type` */
  readonly metricStrategies?: Readonly<Record<string, 'min' | 'max' | 'latest'>>;
}

/** Properties of `Experiment`. */
export interface ExperimentProps<S extends Search> extends TrialCounts {
  /** At most 40 lower-case letters, digits and hyphens; begins with a letter. */
  readonly name: string;

  /** @default - the chart's namespace */
  readonly namespace?: string;

  /** @default - none */
  readonly labels?: Readonly<Record<string, string>>;

  readonly objective: Objective;
  readonly algorithm: Algorithm;

  /** Its service needs a namespace whose pods are held to `baseline`. @default - every trial runs to its end */
  readonly earlyStopping?: EarlyStopping;

  /** The parameters, by name: `{ n: int(2, 7), lr: double(0.01, 0.5) }`. */
  readonly search: S;

  /**
   * The object that each trial makes. The parameters are text that each trial replaces by its values: use each of them.
   *
   * @param parameters by their names in `search`
   * @param metadata   of the trial
   */
  readonly trial: (parameters: { readonly [Name in keyof S]: string }, metadata: TrialMetadata) => TrialObject;

  /** Container whose metrics are collected. @default - the only one of the trial's pods */
  readonly primaryContainerName?: string;

  /** Pods whose metrics are collected. @default - the master's of training jobs, otherwise all */
  readonly primaryPodLabels?: Readonly<Record<string, string>>;

  /** Tells of the trial's object that it has succeeded, in GJSON. @default - by kind; needed for unknown ones */
  readonly successCondition?: string;

  /** Tells of the trial's object that it has failed, in GJSON. @default - by kind; needed for unknown ones */
  readonly failureCondition?: string;

  /** Keeps the objects of trials that are over, and their logs. @default false */
  readonly retain?: boolean;

  /** Who collects metrics. @default - what the primary container prints, such as `loss=0.3` */
  readonly metricsCollector?: MetricsCollector;

  /** What becomes of the suggestion service at the end; all but `Never` can be gone on with. @default 'Never' */
  readonly resumePolicy?: 'Never' | 'LongRunning' | 'FromVolume';

  /** Trials at all. @default - until the goal is reached */
  readonly maxTrialCount?: number;

  /** Trials at once. @default - 3, or `maxTrialCount` if that is less */
  readonly parallelTrialCount?: number;

  /** Failed trials with which the experiment has failed. @default - none */
  readonly maxFailedTrialCount?: number;
}

/**
 * A search for the parameters by which a metric is best. What is wrong is told at synth, not by a trial hours later.
 *
 * @example
 * new Experiment(chart, 'tuning', {
 *   name: 'tuning',
 *   objective: { type: 'minimize', objectiveMetricName: 'loss' },
 *   algorithm: { algorithmName: 'random' },
 *   maxTrialCount: 12,
 *   search: { lr: double(0.01, 0.5) },
 *   trial: ({ lr }) => trialJob(chart, { image, command: ['train', `--lr=${lr}`], resources }),
 * });
 */
export class Experiment<S extends Search> extends Construct {
  public readonly name: string;
  public readonly namespace: string;

  /** The rendered object. */
  public readonly object: ApiObject;

  /** What may be wrong, though nobody can tell at synth. */
  public readonly warnings: readonly string[];

  constructor(scope: Construct, id: string, props: ExperimentProps<S>) {
    super(scope, id);
    this.name = props.name;
    this.namespace =
      props.namespace ?? Chart.of(this).namespace ?? this.fail(["'namespace' must be given: the chart has none"]);
    this.check(props);
    const { object, parameters } = buildTrial(props);
    const primaryContainerName = props.primaryContainerName ?? this.onlyContainer(object);
    this.failIf(templateProblems(object, parameters, primaryContainerName));
    this.warnings = warningsOf(props);
    for (const warning of this.warnings) this.node.addMetadata('warning', warning);
    this.object = ExperimentKind.create(this, 'Experiment', {
      metadata: { name: props.name, namespace: this.namespace, labels: props.labels && { ...props.labels } },
      spec: {
        ...specOf(props),
        trialTemplate: {
          retain: props.retain,
          primaryContainerName,
          primaryPodLabels: props.primaryPodLabels && { ...props.primaryPodLabels },
          ...this.conditions(props, object),
          trialParameters: parameters.map(parameter => ({ ...parameter })),
          trialSpec: object as unknown as Record<string, unknown>,
        },
      },
    });
    this.node.addValidation({ validate: () => this.namespaceProblems(props) });
  }

  private check(props: ExperimentProps<S>): void {
    const { name, objective, algorithm, earlyStopping, search, metricsCollector, maxTrialCount } = props;
    const { goal, objectiveMetricName: metric, additionalMetricNames: additional = [] } = objective;
    const problems: string[] = [];
    if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > 40) {
      problems.push(
        `'name' takes at most 40 lower-case letters, digits and hyphens and begins with a letter, got '${name}'`,
      );
    }
    if (additional.includes(metric)) {
      problems.push(`'objective.additionalMetricNames' must not hold 'objectiveMetricName', got '${metric}'`);
    }
    if (goal !== undefined && !Number.isFinite(goal)) problems.push(`'objective.goal' must be a number, got ${goal}`);
    if (goal === undefined && maxTrialCount === undefined) {
      problems.push("'maxTrialCount' or 'objective.goal' must be given, or the experiment never ends");
    }
    if (Object.keys(search).length === 0) problems.push("'search' must have at least one parameter, got none");
    this.failIf([
      ...problems,
      ...nameProblems(search),
      ...Object.entries(search).flatMap(([key, parameter]) => parameterProblems(`search.${key}`, parameter)),
      ...countProblems(props),
      ...algorithmProblems(algorithm, search),
      ...earlyStoppingProblems(earlyStopping, metricsCollector?.kind ?? 'StdOut', maxTrialCount),
      ...collectorProblems(metricsCollector, [metric, ...additional]),
    ]);
  }

  private onlyContainer(object: TrialObject): string {
    const names = podTemplates(object.spec).flatMap(({ spec }) => spec.containers.map(({ name }) => name));
    const different = [...new Set(names)];
    if (different.length === 1) return different[0]!;
    return this.fail([
      `'primaryContainerName' must be given: the trial has ${different.length === 0 ? 'no container that is known' : `'${different.join("', '")}'`}`,
    ]);
  }

  private conditions(props: ExperimentProps<S>, { kind }: TrialObject) {
    const known = conditionsOf(kind);
    const { successCondition = known?.success, failureCondition = known?.failure } = props;
    if (known === undefined && (!successCondition || !failureCondition)) {
      this.fail([`'successCondition' and 'failureCondition' must be given: the end of a '${kind}' is not known`]);
    }
    return { successCondition, failureCondition };
  }

  /** What the namespace says, where it is rendered with the experiment. */
  private namespaceProblems({ earlyStopping, metricsCollector }: ExperimentProps<S>): string[] {
    const found = apiObjects(this.node.root).find(
      ({ kind, name, apiVersion }) => apiVersion === 'v1' && kind === 'Namespace' && name === this.namespace,
    );
    if (!found) return [];
    const label = (key: string) => found.metadata.getLabel(key);
    const problems: string[] = [];
    const injection = 'katib.kubeflow.org/metrics-collector-injection';
    if (metricsCollector?.kind !== 'Push' && label(injection) !== 'enabled') {
      problems.push(`'namespace' must carry the label '${injection}: enabled', got '${this.namespace}' without it`);
    }
    if (earlyStopping && label('pod-security.kubernetes.io/enforce') === 'restricted') {
      problems.push(
        `'earlyStopping' needs a namespace held to Pod Security 'baseline', got '${this.namespace}' with 'restricted': ` +
          'Katib gives the container of its service no security context',
      );
    }
    return problems;
  }

  private failIf(problems: readonly string[]): void {
    if (problems.length > 0) this.fail(problems);
  }

  private fail(problems: readonly string[]): never {
    throw new Error(`${this.node.path}: ${problems.join('; ')}`);
  }
}

/** The trial's object, and the parameters that it may use. */
function buildTrial<S extends Search>({ search, trial }: ExperimentProps<S>) {
  const parameters = new Map<string, TrialParameter>();
  const declare = (name: string, reference: string, description?: string) => {
    parameters.set(name, { name, description, reference });
    return placeholder(name);
  };
  const references = Object.fromEntries(
    Object.entries(search).map(([key, { trialParameter = key, description }]) => [
      key,
      declare(trialParameter, key, description),
    ]),
  ) as { readonly [Name in keyof S]: string };
  const object = trial(references, trialMetadata(declare));
  return { object: withoutSidecars(plain(object) as TrialObject), parameters: [...parameters.values()] };
}

function specOf<S extends Search>(props: ExperimentProps<S>) {
  const { objective, algorithm, earlyStopping, search, maxTrialCount, maxFailedTrialCount } = props;
  const { metricStrategies, additionalMetricNames, ...rest } = objective;
  return {
    objective: {
      ...rest,
      additionalMetricNames: additionalMetricNames && [...additionalMetricNames],
      metricStrategies: metricStrategies && Object.entries(metricStrategies).map(([name, value]) => ({ name, value })),
    },
    algorithm: service(algorithm),
    earlyStopping: earlyStopping && service(earlyStopping),
    parameters: Object.entries(search).map(([name, parameter]) => renderParameter(name, parameter)),
    metricsCollectorSpec: renderCollector(props.metricsCollector),
    maxTrialCount,
    maxFailedTrialCount,
    parallelTrialCount: props.parallelTrialCount ?? fewer(maxTrialCount),
    resumePolicy: props.resumePolicy,
  };
}

/** Upstream's default would be refused where there are fewer trials at all. */
function fewer(maxTrialCount: number | undefined): number | undefined {
  return maxTrialCount !== undefined && maxTrialCount < defaultParallel ? maxTrialCount : undefined;
}

function service(given: { readonly algorithmName: string; readonly algorithmSettings?: Settings }) {
  const { algorithmName, algorithmSettings } = given;
  return {
    algorithmName,
    algorithmSettings:
      algorithmSettings && Object.entries(algorithmSettings).map(([name, value]) => ({ name, value: String(value) })),
  };
}

function warningsOf<S extends Search>({ earlyStopping }: ExperimentProps<S>): string[] {
  if (!earlyStopping || earlyStopping.timeStampedLines) return [];
  return [
    "'earlyStopping' reads the time of each report at the beginning of its line, RFC 3339: " +
      "print it, and say so by 'earlyStopping.timeStampedLines'",
  ];
}
