/** Colours by what they are for; each for light and dark readers. */
const colours = {
  paper: ['#ffffff', '#14171c'],
  body: ['#ffffff', '#1d2229'],
  border: ['#d5dae1', '#363d48'],
  ink: ['#1b2028', '#e8ebf0'],
  muted: ['#646e7d', '#98a2b1'],
  panel: ['#f4f6f9', '#191d23'],
  accent: ['#2f6f8f', '#6cb4d6'],
  strong: ['#d97a2b', '#f0a35e'],
  edge: ['#aab4c1', '#4b5563'],
} as const;

type Colour = keyof typeof colours;

/** Rules of the picture: the property that each class has of each colour. */
const rules: readonly (readonly [selector: string, property: 'fill' | 'stroke', colour: Colour])[] = [
  ['.paper', 'fill', 'paper'],
  ['.title,.name', 'fill', 'ink'],
  ['.subtitle,.hint,.line,.number,.aside,.label', 'fill', 'muted'],
  ['.body', 'fill', 'body'],
  ['.body', 'stroke', 'border'],
  ['.panel rect', 'fill', 'panel'],
  ['.mark,.node', 'fill', 'accent'],
  ['.gpu .node', 'fill', 'strong'],
  ['.edge path', 'stroke', 'edge'],
  ['.edge.needs path,.part.chosen .body', 'stroke', 'accent'],
  ['.edge.needed path', 'stroke', 'strong'],
];

const themed = (at: 0 | 1) =>
  rules.map(([selector, property, colour]) => `${selector}{${property}:${colours[colour][at]}}`).join('');

/** Style of the picture. Plain values, since not every viewer knows variables. */
export const style = `
text{font-family:Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.title{font-size:26px;font-weight:650;letter-spacing:-.02em}
.subtitle{font-size:14px}
.hint,.aside{font-size:12px}
.label{font-size:11px;font-weight:600;letter-spacing:.08em}
.name{font-size:14px;font-weight:600}
.tenant .name,.chip .name{font-size:12.5px}
.pool .name{font-size:13px}
.chip .name{font-weight:500}
.line{font-size:11.5px}
.tenant .line{font-size:11px}
.number{font-size:11px;text-anchor:end}
.edge path{fill:none;stroke-width:1.4;stroke-linecap:round;stroke-linejoin:round}
.part.chosen .body{stroke-width:2}
${themed(0)}
@media (prefers-color-scheme:dark){${themed(1)}}
`;

/** The same colours as variables, for the page around the picture. */
export const variables = (['light', 'dark'] as const)
  .map((_, at) =>
    Object.entries(colours)
      .map(([name, pair]) => `--${name}:${pair[at]}`)
      .join(';'),
  )
  .map((all, at) =>
    at === 0 ? `:root{color-scheme:light dark;${all}}` : `@media (prefers-color-scheme:dark){:root{${all}}}`,
  )
  .join('\n');
