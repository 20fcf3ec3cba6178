import type { Image, Release } from '../../constructs';

const version = 'v0.19.0';
const image = (name: string): Image => ({ repository: `ghcr.io/kubeflow/katib/${name}`, tag: version });

/** Katib. */
export const release = {
  version: '0.19.0',
  images: {
    controller: image('katib-controller'),
    dbManager: image('katib-db-manager'),
    ui: image('katib-ui'),
    /** Beside trials: read what they print or write. */
    fileMetricsCollector: image('file-metrics-collector'),
    tfeventMetricsCollector: image('tfevent-metrics-collector'),
    /** In the namespace of an experiment: choose what its trials try. */
    suggestionHyperopt: image('suggestion-hyperopt'),
    suggestionOptuna: image('suggestion-optuna'),
    suggestionHyperband: image('suggestion-hyperband'),
    suggestionSkopt: image('suggestion-skopt'),
    suggestionGoptuna: image('suggestion-goptuna'),
    suggestionEnas: image('suggestion-enas'),
    suggestionDarts: image('suggestion-darts'),
    suggestionPbt: image('suggestion-pbt'),
    /** Beside a suggestion service: tells which trials are not worth going on with. */
    earlyStoppingMedianstop: image('earlystopping-medianstop'),
    /** What the templates of the web UI train. */
    pytorchMnist: image('pytorch-mnist-cpu'),
    enasCnnCifar10: image('enas-cnn-cifar10-cpu'),
  },
} satisfies Release;
