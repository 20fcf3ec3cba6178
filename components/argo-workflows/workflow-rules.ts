import { workNames } from './schema/template';
import type { CronWorkflowSpec, WorkflowSpec } from './schema/workflow-spec';

type Template = NonNullable<WorkflowSpec['templates']>[number];

/** One use of a template, and where it stands. */
interface Call {
  readonly path: string;
  readonly template?: string;
  readonly templateRef?: object;
  readonly inline?: object;
}

/** What is wrong with a workflow that is to run: what the controller would find out only then. */
export function workflowProblems(spec: WorkflowSpec, path = 'spec'): string[] {
  if (spec.workflowTemplateRef) return templateProblems(spec, path);
  if (spec.entrypoint === undefined) return [`'${path}' lacks the field 'entrypoint', the template to begin with`];
  return templateProblems(spec, path);
}

/** What is wrong with templates, whether or not a workflow begins with one of them. */
export function templateProblems(spec: WorkflowSpec, path = 'spec'): string[] {
  const { templates = [], entrypoint, onExit, workflowTemplateRef } = spec;
  const names = templates.map(({ name }) => name);
  const problems = templates.flatMap((template, at) => bodyProblems(template, names, `${path}.templates.${at}`));
  // What a referenced template brings along is not known here.
  if (workflowTemplateRef) return problems;
  const calls = { entrypoint, onExit };
  for (const [field, name] of Object.entries(calls)) {
    if (name !== undefined && !names.includes(name)) problems.push(unknownTemplate(`${path}.${field}`, name, names));
  }
  return problems;
}

/** What is wrong with a workflow by the clock. */
export function cronProblems({ schedule, schedules = [], timezone, workflowSpec }: CronWorkflowSpec): string[] {
  const all = [...(schedule === undefined ? [] : [schedule]), ...schedules];
  const problems = all.length > 0 ? [] : ["'spec.schedules' must have at least one time such as '0 3 * * *', got none"];
  for (const time of all) {
    if (!isSchedule(time)) {
      problems.push(`'spec.schedules' takes five fields such as '0 3 * * *' or a word such as '@daily', got '${time}'`);
    }
  }
  if (timezone !== undefined && !isTimezone(timezone)) {
    problems.push(`'spec.timezone' takes a name such as 'Europe/Berlin', got '${timezone}'`);
  }
  return [...problems, ...workflowProblems(workflowSpec, 'spec.workflowSpec')];
}

function bodyProblems(template: Template, names: readonly (string | undefined)[], path: string): string[] {
  const problems: string[] = [];
  if (template.name === undefined) problems.push(`'${path}' lacks the field 'name'`);
  else if (names.indexOf(template.name) !== names.lastIndexOf(template.name)) {
    problems.push(`'${path}.name' must be unique, got '${template.name}' twice`);
  }
  const works = workNames.filter(work => template[work] !== undefined);
  if (works.length !== 1) {
    problems.push(`'${path}' must have exactly one of '${workNames.join("', '")}', got ${quoted(works)}`);
  }
  for (const call of callsOf(template, path)) problems.push(...callProblems(call, names));
  return [...problems, ...dependencyProblems(template, path)];
}

function callsOf({ dag, steps }: Template, path: string): Call[] {
  const tasks = (dag?.tasks ?? []).map((task, at) => ({ ...task, path: `${path}.dag.tasks.${at}` }));
  const groups = (steps ?? []).flatMap((group, outer) =>
    group.map((step, inner) => ({ ...step, path: `${path}.steps.${outer}.${inner}` })),
  );
  return [...tasks, ...groups];
}

function callProblems({ path, template, templateRef, inline }: Call, names: readonly (string | undefined)[]): string[] {
  const given = Object.entries({ template, templateRef, inline }).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    const got = given.map(([field]) => field);
    return [`'${path}' must have exactly one of 'template', 'templateRef', 'inline', got ${quoted(got)}`];
  }
  return template === undefined || names.includes(template)
    ? []
    : [unknownTemplate(`${path}.template`, template, names)];
}

function dependencyProblems({ dag }: Template, path: string): string[] {
  const tasks = (dag?.tasks ?? []).map(({ name }) => name);
  return (dag?.tasks ?? []).flatMap(({ dependencies = [] }, at) =>
    dependencies
      .filter(name => !tasks.includes(name))
      .map(name => `'${path}.dag.tasks.${at}.dependencies' must name tasks among ${quoted(tasks)}, got '${name}'`),
  );
}

function unknownTemplate(path: string, name: string, names: readonly (string | undefined)[]): string {
  return `'${path}' must name one of the templates ${quoted(names)}, got '${name}'`;
}

function quoted(words: readonly (string | undefined)[]): string {
  return words.length > 0 ? `'${words.join("', '")}'` : 'none';
}

/** The controller's parser: five fields, or a word. */
function isSchedule(time: string): boolean {
  return (
    /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \d\S*)$/.test(time) ||
    /^\s*([\w*/,?-]+\s+){4}[\w*/,?-]+\s*$/.test(time)
  );
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
