export { Kubeflow, type KubeflowProps } from './kubeflow';
export { aggregateTo } from './roles';
