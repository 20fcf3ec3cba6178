import type { Chart } from 'cdk8s';
import { double, Experiment, type ExperimentProps, int } from 'flowyard/components';

/** The search of the LSTM tutorial: a window and a learning rate for a stock's closing price. */
export const search = {
  n: int(2, 7, { trialParameter: 'windowSize' }),
  lr: double(0.01, 0.5, { trialParameter: 'learningRate' }),
};

/** The experiment of the LSTM tutorial, field by field. */
export function tutorialExperiment(chart: Chart, props: Partial<ExperimentProps<typeof search>> = {}) {
  return new Experiment(chart, 'Experiment', {
    name: 'median-stop-lstm',
    maxTrialCount: 4,
    maxFailedTrialCount: 2,
    parallelTrialCount: 1,
    objective: {
      type: 'minimize',
      goal: 5,
      objectiveMetricName: 'Validation-MAE',
      additionalMetricNames: ['Training-MAE'],
    },
    algorithm: { algorithmName: 'random' },
    earlyStopping: { algorithmName: 'medianstop', algorithmSettings: { min_trials_required: 2 } },
    search,
    retain: true,
    primaryContainerName: 'training-container',
    trial: ({ n, lr }) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: {
        template: {
          metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } },
          spec: {
            restartPolicy: 'Never',
            containers: [
              {
                name: 'training-container',
                image: 'docker.io/footprintai/demo-strockpricing-estimator:latest',
                command: ['python3', '/app/build-model.py', `--n=${n}`, `--learning-rate=${lr}`],
              },
            ],
          },
        },
      },
    }),
    ...props,
  });
}
