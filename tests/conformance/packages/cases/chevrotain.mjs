// chevrotain, parsers: a toolkit for parsers in plain JavaScript.
import { createToken, EmbeddedActionsParser, Lexer } from 'chevrotain';

const Plus = createToken({ name: 'Plus', pattern: /\+/ });
const Times = createToken({ name: 'Times', pattern: /\*/ });
const Open = createToken({ name: 'Open', pattern: /\(/ });
const Close = createToken({ name: 'Close', pattern: /\)/ });
const Int = createToken({ name: 'Int', pattern: /\d+/ });
const Space = createToken({ name: 'Space', pattern: /\s+/, group: Lexer.SKIPPED });
const tokens = [Space, Plus, Times, Open, Close, Int];

class Calculator extends EmbeddedActionsParser {
  constructor() {
    super(tokens);
    this.RULE('sum', () => {
      let value = this.SUBRULE(this.product);
      this.MANY(() => {
        this.CONSUME(Plus);
        value += this.SUBRULE1(this.product);
      });
      return value;
    });
    this.RULE('product', () => {
      let value = this.SUBRULE(this.atom);
      this.MANY(() => {
        this.CONSUME(Times);
        value *= this.SUBRULE1(this.atom);
      });
      return value;
    });
    this.RULE('atom', () => this.OR([
      { ALT: () => parseInt(this.CONSUME(Int).image, 10) },
      {
        ALT: () => {
          this.CONSUME(Open);
          const value = this.SUBRULE(this.sum);
          this.CONSUME(Close);
          return value;
        },
      },
    ]));
    this.performSelfAnalysis();
  }
}

export async function lambda() {
  const lexer = new Lexer(tokens);
  const parser = new Calculator();
  const calculate = (text) => {
    parser.input = lexer.tokenize(text).tokens;
    return parser.sum();
  };
  calculate('1 + ');
  const refused = parser.errors.map((error) => error.name);
  return {
    'precedence': [calculate('1 + 2 * (3 + 4)'), 15],
    'errors': [refused, ['NoViableAltException']],
    'what is no token': [lexer.tokenize('1 ? 2').errors[0].offset, 2],
  };
}
