import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Experiment, type ObjectStore, trialJob, WorkflowTemplate } from 'flowyard/components';
import { Component, type ComponentProps, type Image, quantity } from 'flowyard/constructs';
import { search } from './experiment';

/** Properties of `LstmTuning`. */
export interface LstmTuningProps extends ComponentProps<LstmTuning> {
  /** Namespace of the tenant, who has the key of its bucket in `minioaccess`. */
  readonly namespace: string;
  readonly objectStore: ObjectStore;

  /** The program in `trainer/`, built and pushed. */
  readonly image: Image;

  /** Closing prices, below the tenant's prefix. @default 'prices.csv' */
  readonly data?: string;
}

/**
 * A workflow that searches for the best window and learning rate of an LSTM, waits, and prints what it found. Trials read
 * one file of the tenant's bucket and nothing of the internet.
 */
export class LstmTuning extends Component {
  constructor(scope: Construct, id: string, props: LstmTuningProps) {
    super(scope, id, props, props.namespace);
    WorkflowTemplate.create(this, 'Workflow', {
      metadata: { name: 'lstm-tuning', namespace: this.namespace },
      spec: {
        entrypoint: 'tune',
        serviceAccountName: 'default-editor',
        templates: [
          {
            name: 'tune',
            steps: [
              [{ name: 'launch', template: 'launch' }],
              [
                {
                  ...{ name: 'print', template: 'print' },
                  arguments: { parameters: [{ name: 'best', value: '{{steps.launch.outputs.parameters.best}}' }] },
                },
              ],
            ],
          },
          {
            name: 'launch',
            activeDeadlineSeconds: 3600,
            resource: {
              action: 'create',
              manifest: JSON.stringify(this.experiment(props)),
              // It is set when an experiment is over, well or not; one without a best trial fails in the next step.
              successCondition: 'status.completionTime',
            },
            outputs: {
              parameters: [
                { name: 'best', valueFrom: { jsonPath: '{.status.currentOptimalTrial.parameterAssignments}' } },
              ],
            },
          },
          {
            name: 'print',
            inputs: { parameters: [{ name: 'best' }] },
            container: {
              image: 'docker.io/library/bash:4.4.23',
              command: ['bash', '-c', '[[ -n $BEST ]] && printf "best: %s\\n" "$BEST"'],
              // As a variable, never as a part of the script.
              env: [{ name: 'BEST', value: '{{inputs.parameters.best}}' }],
              resources: {
                requests: { cpu: quantity('10m'), memory: quantity('16Mi') },
                limits: { memory: quantity('64Mi') },
              },
              securityContext: {
                runAsNonRoot: true,
                runAsUser: 1000,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
                seccompProfile: { type: 'RuntimeDefault' },
              },
            },
          },
        ],
      },
    });
    this.extend(props.extensions);
  }

  /** What each run makes, under a name of its own. */
  private experiment({ objectStore, image, data = 'prices.csv' }: LstmTuningProps): object {
    const { endpoint, secure, region } = objectStore;
    const key = (name: string) => ({ namespace: this.namespace, name: 'minioaccess', key: name });
    const chart = new Chart(this, 'Rendered', { namespace: this.namespace, disableResourceNameHashes: true });
    const { object } = new Experiment(chart, 'Experiment', {
      name: 'lstm',
      ...{ maxTrialCount: 4, maxFailedTrialCount: 2, parallelTrialCount: 1 },
      objective: {
        type: 'minimize',
        goal: 5,
        objectiveMetricName: 'Validation-MAE',
        additionalMetricNames: ['Training-MAE'],
      },
      algorithm: { algorithmName: 'random' },
      search,
      trial: ({ n, lr }) =>
        trialJob(chart, {
          image,
          command: [
            'python3',
            '/app/train.py',
            `--data=s3://tenants/${this.namespace}/${data}`,
            `--n=${n}`,
            `--learning-rate=${lr}`,
          ],
          env: {
            AWS_ENDPOINT_URL_S3: endpoint.url(secure ? 'https' : 'http'),
            AWS_DEFAULT_REGION: region,
            AWS_ACCESS_KEY_ID: { secret: key('AWS_ACCESS_KEY_ID') },
            AWS_SECRET_ACCESS_KEY: { secret: key('AWS_SECRET_ACCESS_KEY') },
          },
          resources: { cpu: '1', memory: '1Gi' },
        }),
    });
    const { metadata, ...rendered } = object.toJson();
    chart.node.scope!.node.tryRemoveChild('Rendered');
    return { ...rendered, metadata: { namespace: this.namespace, generateName: 'lstm-' } };
  }
}
