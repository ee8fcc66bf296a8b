// How are series told apart without colour? Lines by their dashes and marks, bars by their texture; the legend
// has the same.

/** How a bar is filled: its colour, with or without stripes of the ground. */
export type Texture = 'plain' | 'rising' | 'level' | 'falling' | 'upright';

/** What stands at the points of a line. */
export type Mark = 'circle' | 'square' | 'triangle' | 'diamond';

export interface LineLook {
  /** Lengths of strokes and gaps, in CSS pixels; unbroken when there are none. */
  dash: readonly number[];
  mark: Mark;
}

const LINES: readonly LineLook[] = [
  { dash: [], mark: 'circle' },
  { dash: [7, 4], mark: 'square' },
  { dash: [2, 3], mark: 'triangle' },
  { dash: [9, 3, 2, 3], mark: 'diamond' },
];

/** The look of the line at that place: no two of a chart look the same, up to four of them. */
export function lineLook(index: number): LineLook {
  return LINES[index % LINES.length] as LineLook;
}

/** The corners of a mark around a point, as an SVG path; a circle is drawn as two arcs. */
export function markPath(mark: Mark, x: number, y: number, radius: number): string {
  const r = radius;
  switch (mark) {
    case 'circle':
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
    case 'square':
      return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}Z`;
    case 'triangle':
      return `M${x} ${y - r}L${x + r} ${y + r}H${x - r}Z`;
    case 'diamond':
      return `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`;
  }
}

const STRIPES: Readonly<Record<Exclude<Texture, 'plain'>, string>> = {
  rising: '-45deg',
  level: '0deg',
  falling: '45deg',
  upright: '90deg',
};

/** The same texture for the legend, as a CSS background. */
export function textureCss(texture: Texture, colour: string): string {
  if (texture === 'plain') return colour;
  const stripes = `transparent 0 2.5px, var(--surface) 2.5px 4px`;
  return `repeating-linear-gradient(${STRIPES[texture]}, ${stripes}), ${colour}`;
}

/** A texture for a canvas; the plain colour where there is none to be had. */
export function textureFill(
  texture: Texture,
  colour: string,
  ground: string,
  ratio: number,
): CanvasPattern | string {
  const side = Math.round(6 * ratio);
  const tile = document.createElement('canvas');
  tile.width = tile.height = side;
  const drawn = tile.getContext('2d');
  if (texture === 'plain' || !drawn) return colour;
  drawn.fillStyle = colour;
  drawn.fillRect(0, 0, side, side);
  drawn.strokeStyle = ground;
  drawn.lineWidth = 1.5 * ratio;
  drawn.beginPath();
  for (const [fromX, fromY, toX, toY] of strokes(texture, side)) {
    drawn.moveTo(fromX, fromY);
    drawn.lineTo(toX, toY);
  }
  drawn.stroke();
  return drawn.createPattern(tile, 'repeat') ?? colour;
}

/** The strokes of a tile, with those whose ends look in from the tiles beside it. */
function strokes(
  texture: Exclude<Texture, 'plain'>,
  side: number,
): readonly (readonly [number, number, number, number])[] {
  const half = side / 2;
  if (texture === 'level') return [[0, half, side, half]];
  if (texture === 'upright') return [[half, 0, half, side]];
  return [-1, 0, 1].map((tile) => {
    const x = tile * side;
    return texture === 'rising' ? [x, side, x + side, 0] : [x, 0, x + side, side];
  });
}

/**
 * Where labels stand that want to stand at these heights: in the same order, at least `gap` apart, and none
 * below `bottom`.
 */
export function spread(wanted: readonly number[], gap: number, bottom: number): number[] {
  const order = wanted.map((_, index) => index).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const places = [...wanted];
  let least = -Infinity;
  for (const index of order) {
    places[index] = Math.max(places[index] ?? 0, least);
    least = (places[index] ?? 0) + gap;
  }
  let most = bottom;
  for (const index of order.reverse()) {
    places[index] = Math.min(places[index] ?? 0, most);
    most = (places[index] ?? 0) - gap;
  }
  return places;
}
