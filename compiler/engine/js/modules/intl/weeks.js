// What is a week in a region? The CLDR's data, of which `001` has what holds elsewhere.

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

const FIRST_DAYS = {
  5: 'MV',
  6: 'AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY',
  7: 'AG AS BD BR BS BT BU BW BZ CA CO DM DO ET GT GU HK HN ID IL IN IS JM JP JT KE KH KR LA MH MI MM MO MT MX MZ NI NP NT PA '
    + 'PE PH PK PR PT PU PY PZ RH SA SG SV TH TT TW UM US VE VI WK WS YD YE ZA ZW',
};

const WEEKENDS = {
  '4 5': 'AF',
  5: 'IR',
  '5 6': 'BH DZ EG IL IQ JO KW LY NT OM QA SA SD SY YD YE',
  7: 'IN UG',
};

// Where the first week of a year has at least four days in it.
const FOUR_DAYS = 'AD AT AX BE BG CH CZ DD DE DK EE ES FI FJ FO FR FX GB GF GG GI GP GR HU IE IM IS IT JE LI LT LU MC MQ NL NO '
  + 'PL PT RE RU SE SJ SK SM SU UK VA';

const has = (regions, region) => regions.split(' ').includes(region);
const found = (table, region) => Object.keys(table).find((key) => has(table[key], region));

// `first` is the day that the tag asks for, if it does (`-u-fw-sun`).
export function weekInfo(region, first) {
  const asked = DAYS.indexOf(first) + 1;
  return {
    firstDay: asked || Number(found(FIRST_DAYS, region) ?? 1),
    weekend: (found(WEEKENDS, region) ?? '6 7').split(' ').map(Number),
    minimalDays: has(FOUR_DAYS, region) ? 4 : 1,
  };
}
