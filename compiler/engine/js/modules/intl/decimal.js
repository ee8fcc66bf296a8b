// How is a number rounded and written, before any language has its say?
//
// By its shortest decimal form, so that 1.005 to two places is 1.01, as in Node.js.
import { integerOption, option } from 'sandglass:intl/locales';

// `digits` without leading zeros, of which `point` stand before the decimal point.
export function decimalOf(value) {
  const text = typeof value === 'bigint' ? `${value}` : `${Math.abs(value)}`;
  const [mantissa, exponent = '0'] = text.replace('-', '').split('e');
  const [whole, fraction = ''] = mantissa.split('.');
  const all = whole + fraction;
  const digits = all.replace(/^0+/, '');
  if (digits === '') return { digits: '', point: 0 };
  return { digits, point: whole.length + Number(exponent) - (all.length - digits.length) };
}

export function shift(decimal, by) {
  return decimal.digits === '' ? decimal : { digits: decimal.digits, point: decimal.point + by };
}

// Whether what is cut off makes the last digit that is kept one larger.
function goesUp(kept, rest, mode, isNegative) {
  if (!/[1-9]/.test(rest)) return false;
  const half = rest[0] === '5' && !/[1-9]/.test(rest.slice(1)) ? 0 : rest[0] >= '5' ? 1 : -1;
  const isOdd = Number(kept.at(-1) ?? 0) % 2 === 1;
  switch (mode) {
    case 'ceil': return !isNegative;
    case 'floor': return isNegative;
    case 'expand': return true;
    case 'trunc': return false;
    case 'halfCeil': return half > 0 || (half === 0 && !isNegative);
    case 'halfFloor': return half > 0 || (half === 0 && isNegative);
    case 'halfTrunc': return half > 0;
    case 'halfEven': return half > 0 || (half === 0 && isOdd);
    default: return half >= 0;
  }
}

function increased(digits) {
  const next = `${BigInt(digits || '0') + 1n}`;
  return next.padStart(digits.length, '0');
}

// Keeps that many digits.
function keep({ digits, point }, count, mode, isNegative) {
  if (count >= digits.length) return { digits, point };
  if (count < 0) {
    return goesUp('', `0${digits}`, mode, isNegative) ? { digits: '1', point: point - count } : { digits: '', point: 0 };
  }
  const kept = digits.slice(0, count);
  if (!goesUp(kept, digits.slice(count), mode, isNegative)) {
    return /[1-9]/.test(kept) ? { digits: kept, point } : { digits: '', point: 0 };
  }
  const up = increased(kept);
  return { digits: up, point: point + up.length - kept.length };
}

// Rounds to a multiple of `increment` in the last of that many places.
function toMultiple(decimal, places, { increment, mode }, isNegative) {
  const scaled = BigInt(text(decimal, places + 20, places + 20).replace('.', ''));
  const unit = BigInt(increment) * 10n ** 20n;
  const below = scaled / unit;
  const rest = `${scaled % unit * 1000n / unit}`.padStart(3, '0') + (scaled % unit === 0n ? '' : '1');
  const units = below + (scaled % unit !== 0n && goesUp(`${below}`, rest, mode, isNegative) ? 1n : 0n);
  return shift(decimalOf(units * BigInt(increment)), -places);
}

// The number with at least and at most that many places.
function text({ digits, point }, least, most) {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  let fraction = digits === '' ? '' : point >= 0 ? digits.slice(point) : '0'.repeat(-point) + digits;
  fraction = fraction.slice(0, most).replace(/0+$/, '').padEnd(least, '0');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

// The rounded decimal, and it as text with as many digits as the settings ask for.
export function round(decimal, settings, isNegative = false) {
  const { mode, significant, fraction, priority } = settings;
  const bySignificant = () => {
    const kept = keep(decimal, significant[1], mode, isNegative);
    const least = Math.max(0, significant[0] - (kept.digits === '' ? 1 : kept.point));
    return { kept, shown: text(kept, least, Infinity), place: decimal.point - significant[1] };
  };
  const byFraction = () => {
    const kept = settings.increment > 1
      ? toMultiple(decimal, fraction[1], settings, isNegative)
      : keep(decimal, decimal.point + fraction[1], mode, isNegative);
    return { kept, shown: text(kept, fraction[0], fraction[1]), place: -fraction[1] };
  };
  if (priority === 'significant') return bySignificant();
  if (priority === 'fraction') return byFraction();
  const [one, other] = [bySignificant(), byFraction()];
  const isMore = one.place <= other.place;
  return (priority === 'morePrecision') === isMore ? one : other;
}

export function rounded(value, settings) {
  const { kept, shown } = round(decimalOf(value), settings);
  return strip(shown, settings, kept);
}

// Without a fraction that is zero, where that is asked for.
export function strip(shown, { trailingZeros }) {
  return trailingZeros === 'stripIfInteger' ? shown.replace(/\.0*$/, '') : shown;
}

const MODES = ['ceil', 'floor', 'expand', 'trunc', 'halfCeil', 'halfFloor', 'halfExpand', 'halfTrunc', 'halfEven'];
const INCREMENTS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000];

// ECMA-402, SetNumberFormatDigitOptions.
export function digitSettings(options, least, most, isCompact) {
  const minimumInteger = integerOption(options, 'minimumIntegerDigits', 1, 21, 1);
  const given = (name) => options[name] !== undefined;
  const increment = integerOption(options, 'roundingIncrement', 1, 5000, 1);
  if (!INCREMENTS.includes(increment)) throw new RangeError('roundingIncrement value is out of range.');
  const mode = option(options, 'roundingMode', MODES, 'halfExpand');
  const asked = option(options, 'roundingPriority', ['auto', 'morePrecision', 'lessPrecision'], 'auto');
  const trailingZeros = option(options, 'trailingZeroDisplay', ['auto', 'stripIfInteger'], 'auto');
  const hasSignificant = given('minimumSignificantDigits') || given('maximumSignificantDigits');
  const hasFraction = given('minimumFractionDigits') || given('maximumFractionDigits');
  const settings = { minimumInteger, increment, mode, trailingZeros, asked };
  const needsSignificant = asked !== 'auto' || hasSignificant;
  const needsFraction = asked !== 'auto' || !(hasSignificant || (!hasFraction && isCompact));
  if (needsSignificant) {
    const fewest = integerOption(options, 'minimumSignificantDigits', 1, 21, 1);
    settings.significant = [fewest, integerOption(options, 'maximumSignificantDigits', fewest, 21, 21)];
  }
  if (needsFraction) settings.fraction = fractionOf(options, hasFraction, least, most);
  if (!needsSignificant && !needsFraction) {
    Object.assign(settings, { fraction: [0, 0], significant: [1, 2], priority: 'morePrecision', isCompact: true });
  } else if (asked !== 'auto') settings.priority = asked;
  else settings.priority = hasSignificant ? 'significant' : 'fraction';
  if (increment !== 1) {
    if (settings.priority !== 'fraction') throw new TypeError('roundingIncrement needs fraction digits.');
    if (settings.fraction[0] !== settings.fraction[1]) {
      if (hasFraction || least !== most) throw new RangeError('roundingIncrement value is out of range.');
    }
  }
  return settings;
}

function fractionOf(options, hasFraction, least, most) {
  if (!hasFraction) return [least, most];
  let fewest = integerOption(options, 'minimumFractionDigits', 0, 100, undefined);
  let largest = integerOption(options, 'maximumFractionDigits', 0, 100, undefined);
  if (fewest === undefined) fewest = Math.min(least, largest);
  else if (largest === undefined) largest = Math.max(most, fewest);
  else if (fewest > largest) throw new RangeError('maximumFractionDigits value is out of range.');
  return [fewest, largest];
}

export function exposeDigits(settings) {
  const { fraction, significant, minimumInteger, increment, mode, trailingZeros, priority, asked } = settings;
  const shown = { minimumIntegerDigits: minimumInteger };
  if (significant && priority !== 'fraction') {
    Object.assign(shown, { minimumSignificantDigits: significant[0], maximumSignificantDigits: significant[1] });
  }
  if (fraction && priority !== 'significant') {
    Object.assign(shown, { minimumFractionDigits: fraction[0], maximumFractionDigits: fraction[1] });
  }
  const rounding = { roundingMode: mode, roundingIncrement: increment, trailingZeroDisplay: trailingZeros,
    roundingPriority: settings.isCompact ? 'morePrecision' : asked };
  return [shown, rounding];
}
