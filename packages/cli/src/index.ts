export { type Io, main, runProcess } from './main.ts';
