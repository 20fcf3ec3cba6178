/** How the end of a trial's object is told, in GJSON over it. */
interface Conditions {
  readonly success?: string;
  readonly failure?: string;
}

/** Kinds for which the webhook fills in both, so that they are left to it. */
const byWebhook = ['Job', 'TrainJob', 'TFJob', 'PyTorchJob', 'MPIJob', 'XGBoostJob'];

const others: Readonly<Record<string, Conditions>> = {
  Workflow: {
    success: 'status.[@this].#(phase=="Succeeded")#',
    failure: 'status.[@this].#(phase=="Failed")#',
  },
  PipelineRun: {
    success: 'status.conditions.#(type=="Succeeded")#|#(status=="True")#',
    failure: 'status.conditions.#(type=="Succeeded")#|#(status=="False")#',
  },
};

/** What is known of a kind; undefined when nothing is. */
export function conditionsOf(kind: string): Conditions | undefined {
  return byWebhook.includes(kind) ? {} : others[kind];
}
