/** What the page does when a part is pointed at or chosen. Runs in browsers, and so is text here. */
export const script = `
const data = JSON.parse(document.getElementById('data').textContent);
const svg = document.querySelector('svg');
const details = document.getElementById('details');
const empty = details.innerHTML;
const edges = [...svg.querySelectorAll('.edge')];
const parts = [...svg.querySelectorAll('.part')];
const isTenant = id => data.tenants.includes(id);
const drawn = id => (isTenant(id) ? data.allTenants : id);
let chosen = null;

function show(id) {
  const own = id === null ? [] : (data.namespaces[id] ?? [id]);
  const near = new Set([id, ...own]);
  for (const { from, to } of data.edges) {
    if (own.includes(from)) near.add(to);
    if (own.includes(to)) near.add(from);
  }
  for (const [name, held] of Object.entries(data.namespaces)) {
    if (held.includes(id)) near.add(name);
  }
  const direct = (from, to) => data.edges.some(edge => drawn(edge.from) === from && edge.to === to && (own.includes(edge.from) || own.includes(edge.to)));
  svg.classList.toggle('focused', id !== null);
  for (const part of parts) {
    part.classList.toggle('near', near.has(part.dataset.id));
    part.classList.toggle('chosen', part.dataset.id === id);
  }
  for (const edge of edges) {
    const { from, to } = edge.dataset;
    const mine = direct(from, to);
    edge.classList.toggle('needed', mine && own.includes(to));
    edge.classList.toggle('needs', mine && !own.includes(to));
  }
  tell(id, own);
}

function element(tag, text, ...children) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  node.append(...children);
  return node;
}

function list(title, items) {
  return items.length === 0 ? [] : [element('h3', title), element('ul', '', ...items)];
}

function titleOf(id) {
  return data.parts[id].title;
}

function tell(id, own) {
  if (id === null) {
    details.innerHTML = empty;
    return;
  }
  if (data.namespaces[id]) {
    details.replaceChildren(element('h2', id), ...list('Parts', own.map(part => element('li', titleOf(part)))));
    return;
  }
  const part = data.parts[id];
  const reasons = all => all.map(reason => element('small', reason));
  const needs = data.edges.filter(edge => edge.from === id).map(({ to, reasons: why }) => element('li', titleOf(to), ...reasons(why)));
  const needed = data.edges.filter(edge => edge.to === id).map(({ from, reasons: why }) => element('li', titleOf(from), ...reasons(why)));
  const kinds = new Map();
  for (const [kind, name] of part.objects) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  const objects = [...kinds].sort().map(([kind, names]) =>
    element('details', '', element('summary', kind + ' (' + names.length + ')'), element('ul', '', ...names.map(name => element('li', name)))));
  details.replaceChildren(
    element('h2', part.title),
    element('p', part.line),
    ...list('Needs', needs),
    ...list('Needed by', needed),
    element('h3', part.objects.length + ' objects'),
    ...objects,
  );
}

for (const part of parts) {
  const { id } = part.dataset;
  part.addEventListener('mouseenter', () => chosen === null && show(id));
  part.addEventListener('mouseleave', () => chosen === null && show(null));
  part.addEventListener('click', event => {
    event.stopPropagation();
    chosen = chosen === id ? null : id;
    show(chosen);
  });
  part.addEventListener('keydown', event => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    part.dispatchEvent(new MouseEvent('click'));
  });
}
function close() {
  chosen = null;
  show(null);
}
svg.addEventListener('click', close);
document.addEventListener('keydown', event => event.key === 'Escape' && close());
`;
