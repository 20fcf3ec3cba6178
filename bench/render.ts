import { writeManifests } from '../stacks/manifests';
import { renderEnvironment } from '../stacks/platform';
import { environmentOf } from './scale';

// Renders about so many objects into a folder, and tells what it took without the start of the process.

const [objects, folder] = process.argv.slice(2);
const environment = environmentOf(Number(objects));
const before = process.cpuUsage();
const rendering = renderEnvironment(environment);
writeManifests(rendering, folder!);
const { user } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ objects: rendering.objects.length, userSeconds: user / 1e6 }));
