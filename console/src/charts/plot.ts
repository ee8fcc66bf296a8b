// How is a chart drawn? The options of uPlot: stacked bars with textures, or lines with dashes, marks and their
// names at their ends.

import type uPlot from 'uplot';

import { lineLook, markPath, spread, textureFill } from './look';
import { type Series, stacked, tick } from './series';

export type Kind = 'bars' | 'lines';

export interface Drawn {
  kind: Kind;
  times: readonly number[];
  series: readonly Series[];
  format: (value: number) => string;
  width: number;
  height: number;
  /** The value of a token, such as `--line`. */
  token: (name: string) => string;
  /** Called with the step that is pointed at. */
  onpoint: (step: number | null | undefined) => void;
}

type Bars = NonNullable<typeof uPlot.paths.bars>;

/** From this width on, lines have their names at their ends. */
const NAMES_FROM = 340;
const NAMES_WIDTH = 42;
const NAME_HEIGHT = 14;
const MARK = 3.5;

/** The values as uPlot wants them: of bars the tallest first, so that those in front leave its top to be seen. */
export function dataOf({ kind, times, series }: Pick<Drawn, 'kind' | 'times' | 'series'>) {
  const drawn = kind === 'lines' ? series.map(({ values }) => [...values]) : stackedFromTop(series);
  return [[...times], ...drawn] as uPlot.AlignedData;
}

function stackedFromTop(series: readonly Series[]): number[][] {
  return stacked(series).reverse();
}

export function optionsOf(chart: Drawn, bars: Bars | undefined): uPlot.Options {
  const { kind, times, series, token, width, height, format, onpoint } = chart;
  const named = kind === 'lines' && series.length > 1 && width >= NAMES_FROM;
  const axis = {
    stroke: token('--text-quiet'),
    font: font(token, 12),
    ticks: { show: false },
    grid: { stroke: token('--line'), width: 1 },
  };
  return {
    width,
    height,
    ms: 1,
    legend: { show: false },
    padding: [null, named ? NAMES_WIDTH : null, null, null],
    cursor: { points: { show: kind === 'lines' }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      {
        ...axis,
        // Below the foot of the other axis, whose 0 the first time would touch.
        gap: 12,
        size: 38,
        grid: { show: false },
        values: (_, splits) => splits.map(tick(times)),
      },
      {
        ...axis,
        size: 68,
        gap: 8,
        values: (_, splits) => splits.map((value) => (value === 0 ? '0' : format(value))),
      },
    ],
    series: [{}, ...(kind === 'lines' ? lines(chart) : stack(chart, bars))],
    hooks: {
      setCursor: [(plot) => onpoint(plot.cursor.idx)],
      draw: named ? [(plot) => names(plot, chart)] : [],
    },
  } as uPlot.Options;
}

function lines({ series, token }: Drawn): uPlot.Series[] {
  return series.map(({ label, colour }, index) => ({
    label,
    stroke: token(colour),
    width: 2,
    dash: [...lineLook(index).dash],
    points: {
      size: 2 * MARK,
      fill: token(colour),
      paths: (plot, line, first, last, wanted) => marks(plot, [line, first, last], wanted),
    },
  }));
}

/** The marks of a line; uPlot says which of its points have one. */
function marks(
  plot: uPlot,
  [line, first, last]: [number, number, number],
  wanted: number[] | null | undefined,
): { fill: Path2D; stroke: Path2D } {
  const { mark } = lineLook(line - 1);
  const fill = new Path2D();
  const steps = wanted ?? Array.from({ length: last - first + 1 }, (_, index) => first + index);
  for (const step of steps) {
    const at = place(plot, line, step);
    if (at) fill.addPath(new Path2D(markPath(mark, ...at, MARK * devicePixelRatio)));
  }
  return { fill, stroke: fill };
}

function stack({ series, token }: Drawn, bars: Bars | undefined): uPlot.Series[] {
  const ground = token('--surface');
  return [...series].reverse().map(({ label, colour, texture = 'plain' }) => {
    const fill = textureFill(texture, token(colour), ground, devicePixelRatio);
    return {
      label,
      stroke: token(colour),
      // uPlot takes whatever a canvas fills with.
      fill: () => fill as string,
      width: 0,
      ...(bars ? { paths: bars({ size: [0.8, 40] }) } : {}),
      points: { show: false },
    };
  });
}

/** Each line's name, beside the last of its points. */
function names(plot: uPlot, { series, token }: Drawn): void {
  const ends = series.flatMap(({ short, label, values }, index) => {
    const at = place(
      plot,
      index + 1,
      values.findLastIndex((value) => value !== null),
    );
    return at ? [{ name: short ?? label, at }] : [];
  });
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const heights = ends.map(({ at: [, y] }) => y);
  const places = spread(heights, NAME_HEIGHT * ratio, bbox.top + bbox.height - 4 * ratio);
  ctx.save();
  ctx.font = font(token, 12 * ratio);
  ctx.fillStyle = token('--text');
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ends.forEach(({ name, at: [x] }, index) => ctx.fillText(name, x + 9 * ratio, places[index] ?? 0));
  ctx.restore();
}

/** Where a value is on the canvas; nowhere when there is none. */
function place(plot: uPlot, line: number, step: number): [number, number] | undefined {
  const value = plot.data[line]?.[step];
  const time = plot.data[0][step];
  if (value == null || time === undefined) return undefined;
  return [plot.valToPos(time, 'x', true), plot.valToPos(value, 'y', true)];
}

function font(token: Drawn['token'], size: number): string {
  return `${size}px ${token('--font') || 'system-ui'}`;
}
