import type { Construct } from 'constructs';
import { stringify } from 'yaml';
import { ConfigMap, type Image, imageReference } from '../../constructs';
import { release } from './release';

/** Label by which the web UI finds templates. */
const labels = { 'katib.kubeflow.org/component': 'trial-templates' };

/** The templates that the web UI offers. */
export function renderTrialTemplates(scope: Construct): void {
  const { pytorchMnist, enasCnnCifar10 } = release.images;
  const mnist = ['python3', '/opt/pytorch-mnist/mnist.py', '--epochs=1'];
  const rates = [parameter('lr', 'learningRate'), parameter('momentum', 'momentum')];
  const replica = (replicas: number) => ({
    replicas,
    restartPolicy: 'OnFailure',
    template: { spec: { containers: [container('pytorch', pytorchMnist, [...mnist, ...rates])] } },
  });

  function container(name: string, image: Image, command: string[]) {
    return { name, image: imageReference(scope, image), command };
  }

  function job(image: Image, command: string[]) {
    const spec = { containers: [container('training-container', image, command)], restartPolicy: 'Never' };
    return { apiVersion: 'batch/v1', kind: 'Job', spec: { template: { spec } } };
  }

  new ConfigMap(scope, 'TrialTemplates', {
    name: 'trial-templates',
    labels,
    data: {
      'defaultTrialTemplate.yaml': yaml(job(pytorchMnist, [...mnist, '--batch-size=16', ...rates])),
      enasCPUTemplate: yaml(
        job(enasCnnCifar10, [
          ...['python3', '-u', 'RunTrial.py', '--num_epochs=1'],
          // What is put in is JSON: only between quotes does it stay one argument's text.
          '--architecture="${trialParameters.neuralNetworkArchitecture}"',
          '--nn_config="${trialParameters.neuralNetworkConfig}"',
        ]),
      ),
      pytorchJobTemplate: yaml({
        apiVersion: 'kubeflow.org/v1',
        kind: 'PyTorchJob',
        spec: { pytorchReplicaSpecs: { Master: replica(1), Worker: replica(2) } },
      }),
    },
  });
}

function parameter(flag: string, name: string): string {
  return `--${flag}=\${trialParameters.${name}}`;
}

function yaml(template: object): string {
  return stringify(template, { aliasDuplicateObjects: false }).trimEnd();
}
