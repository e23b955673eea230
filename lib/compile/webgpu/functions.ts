/**
 * @file Functions of float32 in WGSL, right where the ones of a GPU are not.
 *
 * WGSL lets an implementation assume that there are no NaNs and infinities, flush subnormals, and be off by 1e-3 in `sin`. So
 * what decides (comparison, sign, rounding) works on bits, and what computes is a polynomial of a few units in the last place.
 * The polynomials are Cephes's single precision ones (S. L. Moshier, netlib.org/cephes/single).
 */

import { SINGLE } from "../../primitives/erf-inv.js";

/** A polynomial in `x`, highest coefficient first. */
const horner = (x: string, ...coefficients: readonly number[]): string =>
  coefficients.slice(1).reduce((sum, c) => `(${sum} * ${x} + ${literal(c)})`, literal(coefficients[0]));

const literal = (c: number): string => `(${c.toExponential()}f)`;

const power = (type: string, suffix: string): string => `fn power${suffix}(x: ${type}, n: u32) -> ${type} {
  var result = ${type}(1);
  var base = x;
  for (var k = n; k > 0u; k = k >> 1u) {
    if ((k & 1u) == 1u) { result = result * base; }
    base = base * base;
  }
  return result;
}`;

/** By name. A function may call the others. */
const LIBRARY: Readonly<Record<string, string>> = {
  bits: "fn bits(x: f32) -> u32 { return bitcast<u32>(x); }",
  // Ordered like the numbers; both zeros are 0, so that flushing has no say.
  order: `fn order(x: f32) -> i32 {
    let b = bitcast<i32>(x);
    return select(b, -(b & 0x7fffffff), b < 0);
  }`,
  nanf: "fn nanf() -> f32 { return uniforms.NAN; }",
  inff: "fn inff() -> f32 { return uniforms.INFINITY; }",
  negf: "fn negf(x: f32) -> f32 { return bitcast<f32>(bits(x) ^ 0x80000000u); }",
  absf: "fn absf(x: f32) -> f32 { return bitcast<f32>(bits(x) & 0x7fffffffu); }",
  withSign: "fn withSign(x: f32, s: f32) -> f32 { return bitcast<f32>(bits(absf(x)) | (bits(s) & 0x80000000u)); }",
  finitef: "fn finitef(x: f32) -> bool { return (bits(x) & 0x7f800000u) != 0x7f800000u; }",
  infinite: "fn infinite(x: f32) -> bool { return (bits(x) & 0x7fffffffu) == 0x7f800000u; }",
  eqf: "fn eqf(x: f32, y: f32) -> bool { return !isnan(x) && !isnan(y) && order(x) == order(y); }",
  ltf: "fn ltf(x: f32, y: f32) -> bool { return !isnan(x) && !isnan(y) && order(x) < order(y); }",
  lef: "fn lef(x: f32, y: f32) -> bool { return !isnan(x) && !isnan(y) && order(x) <= order(y); }",
  // Equal numbers have equal bits but for the zeros, of which max takes the positive one and min the negative one.
  maxf: `fn maxf(x: f32, y: f32) -> f32 {
    if (isnan(x)) { return x; }
    if (isnan(y)) { return y; }
    if (order(x) == order(y)) { return bitcast<f32>(bits(x) & bits(y)); }
    return select(y, x, order(x) > order(y));
  }`,
  minf: `fn minf(x: f32, y: f32) -> f32 {
    if (isnan(x)) { return x; }
    if (isnan(y)) { return y; }
    if (order(x) == order(y)) { return bitcast<f32>(bits(x) | bits(y)); }
    return select(y, x, order(x) < order(y));
  }`,
  signf:
    "fn signf(x: f32) -> f32 { if (isnan(x) || order(x) == 0) { return x; } return select(-1f, 1f, order(x) > 0); }",
  floorf: `fn floorf(x: f32) -> f32 {
    if (isnan(x) || order(x) == 0) { return x; }
    if (bits(absf(x)) < 0x3f800000u) { return select(-1f, 0f, order(x) > 0); }
    return floor(x);
  }`,
  ceilf: "fn ceilf(x: f32) -> f32 { return negf(floorf(negf(x))); }",
  roundf: `fn roundf(x: f32) -> f32 {
    if (isnan(x)) { return x; }
    if (bits(absf(x)) <= 0x3f000000u) { return withSign(0f, x); }
    return withSign(round(x), x);
  }`,
  // x = v * 2^e with 1 <= |v| < 2, for finite x other than zero.
  Scaled: "struct Scaled { v: f32, e: i32 }",
  scaled: `fn scaled(x: f32) -> Scaled {
    var b = bits(absf(x));
    var e = -127;
    if (b < 0x00800000u) { b = bits(f32(b)); e = -127 - 149; }
    return Scaled(withSign(bitcast<f32>((b & 0x7fffffu) | 0x3f800000u), x), e + i32(b >> 23u));
  }`,
  pow2: "fn pow2(e: i32) -> f32 { return bitcast<f32>(u32(e + 127) << 23u); }",
  // In three steps, each by a power that float32 has.
  scale: `fn scale(v: f32, e: i32) -> f32 {
    let third = e / 3;
    return v * pow2(third) * pow2(third) * pow2(e - 2 * third);
  }`,
  subnormal: "fn subnormal(x: f32) -> bool { return bits(absf(x)) - 1u < 0x7fffffu; }",
  // A subnormal operand is not flushed, since the result need not be small.
  mulf: `fn mulf(x: f32, y: f32) -> f32 {
    if (!subnormal(x) && !subnormal(y)) { return x * y; }
    if (isnan(x) || isnan(y) || order(x) == 0 || order(y) == 0) { return x * y; }
    if (infinite(x) || infinite(y)) { return withSign(inff(), bitcast<f32>(bits(x) ^ bits(y))); }
    let a = scaled(x);
    let b = scaled(y);
    return scale(a.v * b.v, a.e + b.e);
  }`,
  moderate: "fn moderate(x: f32) -> bool { return ((bits(x) >> 23u) & 0xffu) - 64u < 127u; }",
  divf: `fn divf(x: f32, y: f32) -> f32 {
    if (moderate(x) && moderate(y)) { return x / y; }
    if (isnan(x) || isnan(y) || (infinite(x) && infinite(y)) || (order(x) == 0 && order(y) == 0)) { return nanf(); }
    let s = bitcast<f32>(bits(x) ^ bits(y));
    if (infinite(x) || order(y) == 0) { return withSign(inff(), s); }
    if (infinite(y) || order(x) == 0) { return withSign(0f, s); }
    let a = scaled(x);
    let b = scaled(y);
    return scale(a.v / b.v, a.e - b.e);
  }`,
  sqrtf: `fn sqrtf(x: f32) -> f32 {
    if (isnan(x) || order(x) == 0) { return x; }
    if (order(x) < 0) { return nanf(); }
    if (infinite(x)) { return x; }
    let a = scaled(x);
    return sqrt(a.v * pow2(a.e & 1)) * pow2(a.e >> 1u);
  }`,
  rsqrtf: "fn rsqrtf(x: f32) -> f32 { return divf(1f, sqrtf(x)); }",
  // The remainder by long division of the significands, so that it is exact.
  remf: `fn remf(x: f32, y: f32) -> f32 {
    let a = bits(absf(x));
    let b = bits(absf(y));
    if (isnan(x) || isnan(y) || a == 0x7f800000u || b == 0u) { return nanf(); }
    if (a < b) { return x; }
    if (a == b) { return withSign(0f, x); }
    var ea = max(i32(a >> 23u), 1);
    let eb = max(i32(b >> 23u), 1);
    var m = (a & 0x7fffffu) | select(0u, 0x800000u, a >= 0x800000u);
    let d = (b & 0x7fffffu) | select(0u, 0x800000u, b >= 0x800000u);
    loop {
      if (m >= d) { m = m - d; }
      if (ea == eb || m == 0u) { break; }
      m = m << 1u;
      ea = ea - 1;
    }
    if (m == 0u) { return withSign(0f, x); }
    var e = eb;
    while (m < 0x800000u && e > 1) { m = m << 1u; e = e - 1; }
    let r = select(m, (m & 0x7fffffu) | (u32(e) << 23u), m >= 0x800000u);
    return withSign(bitcast<f32>(r), x);
  }`,
  expf: `fn expf(x: f32) -> f32 {
    if (isnan(x)) { return x; }
    if (order(x) > order(89f)) { return inff(); }
    if (order(x) < order(-104f)) { return 0f; }
    let n = round(x * 1.442695f);
    let r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    return scale(${horner("r", 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1, 1)}, i32(n));
  }`,
  expm1f: `fn expm1f(x: f32) -> f32 {
    if (bits(absf(x)) > bits(0.5f)) { return expf(x) - 1f; }
    if (bits(absf(x)) < bits(1e-10f)) { return x; }
    return x * ${horner("x", 1 / 3628800, 1 / 362880, 1 / 40320, 1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1)};
  }`,
  logf: `fn logf(x: f32) -> f32 {
    if (isnan(x)) { return x; }
    if (order(x) == 0) { return -inff(); }
    if (order(x) < 0) { return nanf(); }
    if (infinite(x)) { return x; }
    let a = scaled(x);
    var e = a.e;
    var m = a.v;
    if (m > 1.41421356f) { m = 0.5f * m; e = e + 1; }
    let t = m - 1f;
    let z = t * t;
    var y = t * z * ${horner("t", 7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)};
    y = y + f32(e) * -2.12194440e-4f - 0.5f * z;
    return t + y + f32(e) * 0.693359375f;
  }`,
  // Kahan's correction for what is lost in 1 + x.
  log1pf: `fn log1pf(x: f32) -> f32 {
    if (isnan(x) || bits(absf(x)) < bits(1e-8f)) { return x; }
    if (order(x) > order(1e8f)) { return logf(x); }
    let u = 1f + x;
    if (u <= 0f) { return logf(u); }
    let d = u - 1f;
    return select(logf(u) * (x / d), x, d == 0f);
  }`,
  logaddexpf: `fn logaddexpf(x: f32, y: f32) -> f32 {
    if (eqf(x, y)) { return x + 0.6931472f; }
    return maxf(x, y) + log1pf(expf(negf(absf(x - y))));
  }`,
  logisticf: `fn logisticf(x: f32) -> f32 {
    let e = expf(negf(absf(x)));
    return select(1f, e, order(x) < 0) / (1f + e);
  }`,
  tanhf: `fn tanhf(x: f32) -> f32 {
    let a = absf(x);
    if (bits(a) < bits(1e-10f)) { return x; }
    if (bits(a) < bits(0.625f)) {
      let z = a * a;
      return withSign(a + a * z * ${horner("z", -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)}, x);
    }
    if (isnan(x)) { return x; }
    return withSign(1f - 2f / (expf(minf(2f * a, 80f)) + 1f), x);
  }`,
  sinhf: `fn sinhf(x: f32) -> f32 {
    let a = absf(x);
    if (isnan(x) || bits(a) < bits(1e-10f)) { return x; }
    if (bits(a) < bits(1f)) {
      let z = a * a;
      return withSign(a + a * z * ${horner("z", 2.03721912945e-4, 8.33028376239e-3, 1.66667160211e-1)}, x);
    }
    let e = expf(a - 0.6931472f);
    return withSign(e - 0.25f / e, x);
  }`,
  coshf: `fn coshf(x: f32) -> f32 {
    let e = expf(absf(x) - 0.6931472f);
    return e + 0.25f / e;
  }`,
  asinhf: `fn asinhf(x: f32) -> f32 {
    let a = absf(x);
    if (isnan(x) || bits(a) < bits(1e-10f)) { return x; }
    if (bits(a) > bits(1e4f)) { return withSign(logf(a) + 0.6931472f, x); }
    return withSign(log1pf(a + a * a / (1f + sqrt(a * a + 1f))), x);
  }`,
  acoshf: `fn acoshf(x: f32) -> f32 {
    if (order(x) < order(1f)) { return nanf(); }
    if (isnan(x) || order(x) > order(1e4f)) { return logf(x) + 0.6931472f; }
    let t = x - 1f;
    return log1pf(t + sqrt(2f * t + t * t));
  }`,
  atanhf: `fn atanhf(x: f32) -> f32 {
    let a = absf(x);
    if (isnan(x) || bits(a) < bits(1e-10f)) { return x; }
    if (bits(a) == bits(1f)) { return withSign(inff(), x); }
    return withSign(0.5f * log1pf(2f * a / (1f - a)), x);
  }`,
  asinf: `fn asinf(x: f32) -> f32 {
    let a = absf(x);
    if (isnan(x) || bits(a) < bits(1e-10f)) { return x; }
    if (bits(a) > bits(1f)) { return nanf(); }
    let far = bits(a) > bits(0.5f);
    let z = select(a * a, 0.5f * (1f - a), far);
    let s = select(a, sqrt(z), far);
    let y = s + s * z * ${horner("z", 4.2163199048e-2, 2.4181311049e-2, 4.5470025998e-2, 7.4953002686e-2, 1.6666752422e-1)};
    return withSign(select(y, 1.5707964f - 2f * y, far), x);
  }`,
  acosf: `fn acosf(x: f32) -> f32 {
    if (bits(absf(x)) <= bits(0.5f)) { return 1.5707964f - asinf(x); }
    if (isnan(x) || bits(absf(x)) > bits(1f)) { return nanf(); }
    let y = 2f * asinf(sqrt(0.5f * (1f - absf(x))));
    return select(y, 3.1415927f - y, order(x) < 0);
  }`,
  atanf: `fn atanf(x: f32) -> f32 {
    var a = absf(x);
    if (isnan(x) || bits(a) < bits(1e-10f)) { return x; }
    if (infinite(x)) { return withSign(1.5707964f, x); }
    var y = 0f;
    if (a > 2.4142136f) { y = 1.5707964f; a = -1f / a; }
    else if (a > 0.41421357f) { y = 0.7853982f; a = (a - 1f) / (a + 1f); }
    let z = a * a;
    return withSign(y + (a + a * z * ${horner("z", 8.05374449538e-2, -1.38776856032e-1, 1.99777106478e-1, -3.33329491539e-1)}), x);
  }`,
  atan2f: `fn atan2f(y: f32, x: f32) -> f32 {
    if (isnan(x) || isnan(y)) { return nanf(); }
    let back = bits(x) >= 0x80000000u;
    var r = 0f;
    if (infinite(x) && infinite(y)) { r = 0.7853982f; }
    else if (order(y) == 0 || infinite(x)) { r = 0f; }
    else if (order(x) == 0 || infinite(y)) { r = 1.5707964f; }
    else { r = atanf(divf(absf(y), absf(x))); }
    return withSign(select(r, 3.1415927f - r, back), y);
  }`,
  erff: `fn erff(x: f32) -> f32 {
    if (isnan(x)) { return x; }
    let a = absf(x);
    if (bits(a) < bits(1f)) {
      let z = a * a;
      return x * ${horner("z", 7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1, -3.7612625824233e-1, 1.12837916572671)};
    }
    if (bits(a) > bits(6f)) { return withSign(1f, x); }
    return withSign(1f - erfTail(a), x);
  }`,
  erfTail: `fn erfTail(a: f32) -> f32 {
    let q = 1f / a;
    let z = q * q;
    let near = ${horner("z", 2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1, 6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1, 5.638259427386472e-1)};
    let far = ${horner("z", -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.92101901921078, -1.0152652792027, 4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1)};
    return expf(-a * a) * q * select(far, near, a < 2f);
  }`,
  // One minus erf where that loses nothing, else the tail itself.
  erfcf: `fn erfcf(x: f32) -> f32 {
    let a = absf(x);
    if (isnan(x) || bits(a) < bits(1f)) { return 1f - erff(x); }
    if (bits(a) > bits(11f)) { return select(0f, 2f, order(x) < 0); }
    return select(erfTail(a), 2f - erfTail(a), order(x) < 0);
  }`,
  erf_invf: `fn erf_invf(x: f32) -> f32 {
    if (bits(absf(x)) == bits(1f)) { return withSign(inff(), x); }
    if (bits(absf(x)) < bits(1e-20f)) { return mulf(x, 0.8862269f); }
    let w = -log1pf(-x * x);
    if (w < ${SINGLE[0].below}f) {
      let t = w - ${SINGLE[0].shift}f;
      return x * ${horner("t", ...SINGLE[0].coefficients)};
    }
    let t = sqrtf(w) - ${SINGLE[1].shift}f;
    return x * ${horner("t", ...SINGLE[1].coefficients)};
  }`,
  // A first guess by the logarithm, then one step of Newton's method.
  cbrtf: `fn cbrtf(x: f32) -> f32 {
    if (isnan(x) || infinite(x) || order(x) == 0) { return x; }
    let a = scaled(absf(x));
    let third = (a.e + 300) / 3 - 100;
    let m = a.v * pow2(a.e - 3 * third);
    let y = expf(logf(m) / 3f);
    return withSign((y - (y - m / (y * y)) / 3f) * pow2(third), x);
  }`,
  xlogyf:
    "fn xlogyf(x: f32, y: f32) -> f32 { if (order(x) == 0 && !isnan(y)) { return 0f; } return mulf(x, logf(y)); }",
  xlog1pyf:
    "fn xlog1pyf(x: f32, y: f32) -> f32 { if (order(x) == 0 && !isnan(y)) { return 0f; } return mulf(x, log1pf(y)); }",
  ldexpf: `fn ldexpf(x: f32, n: i32) -> f32 {
    if (order(x) == 0 || !finitef(x)) { return x; }
    let a = scaled(x);
    return scale(a.v, clamp(a.e + clamp(n, -600, 600), -300, 300));
  }`,
  exponentf: "fn exponentf(x: f32) -> i32 { if (order(x) == 0 || !finitef(x)) { return 0; } return scaled(x).e + 1; }",
  nextafterf: `fn nextafterf(x: f32, y: f32) -> f32 {
    if (isnan(x) || isnan(y)) { return nanf(); }
    if (order(x) == order(y)) { return y; }
    if (order(x) == 0) { return withSign(bitcast<f32>(1u), y); }
    let away = (order(x) < order(y)) == (order(x) > 0);
    return bitcast<f32>(select(bits(x) - 1u, bits(x) + 1u, away));
  }`,
  // Rounds the significand to m bits, ties to even; what does not fit e bits of exponent is infinite or zero.
  reducePrecision: `fn reducePrecision(x: f32, e: u32, m: u32) -> f32 {
    if (order(x) == 0 || !finitef(x)) { return x; }
    var b = bits(absf(x));
    if (m < 23u) {
      let cut = 23u - m;
      b = ((b + (1u << (cut - 1u)) - 1u + ((b >> cut) & 1u)) >> cut) << cut;
    }
    let bias = (1i << (e - 1u)) - 1;
    let exponent = i32(b >> 23u) - 127;
    if (exponent > bias) { return withSign(inff(), x); }
    if (exponent < 1 - bias) { return withSign(0f, x); }
    return withSign(bitcast<f32>(b), x);
  }`,
  gcdu: `fn gcdu(x: u32, y: u32) -> u32 {
    var a = x;
    var b = y;
    while (b != 0u) { let r = a % b; a = b; b = r; }
    return a;
  }`,
  gcdi: "fn gcdi(x: i32, y: i32) -> i32 { return bitcast<i32>(gcdu(magnitude(x), magnitude(y))); }",
  magnitude: "fn magnitude(x: i32) -> u32 { return select(bitcast<u32>(x), 0u - bitcast<u32>(x), x < 0); }",
  // A negative power is the whole part of one over the positive one.
  powi: `fn powi(x: i32, y: i32) -> i32 {
    if (y >= 0) { return poweri(x, magnitude(y)); }
    if (magnitude(x) == 1u) { return select(x, 1, (y & 1) == 0); }
    return select(0, -1, x == 0);
  }`,
  powf: `fn powf(x: f32, y: f32) -> f32 {
    if (order(y) == 0 || bits(x) == 0x3f800000u) { return 1f; }
    if (isnan(x) || isnan(y)) { return nanf(); }
    if (bits(y) == 0x3f800000u) { return x; }
    let a = absf(x);
    let up = order(y) > 0;
    if (infinite(y)) {
      if (bits(a) == 0x3f800000u) { return 1f; }
      return select(0f, inff(), (bits(a) > 0x3f800000u) == up);
    }
    let whole = bits(absf(y)) >= bits(16777216f) || (bits(absf(y)) >= 0x3f800000u && floor(y) == y);
    let odd = whole && bits(absf(y)) < bits(16777216f) && (i32(y) & 1) == 1;
    var r = 0f;
    if (order(x) == 0 || infinite(x)) { r = select(0f, inff(), infinite(x) == up); }
    else if (order(x) < 0 && !whole) { return nanf(); }
    else { r = expf(y * logf(a)); }
    return select(r, withSign(r, x), odd);
  }`,
  // x = (quadrant, r): three parts of pi/2, the first two with trailing zeros; for |x| up to 2^15.
  Reduced: "struct Reduced { q: i32, r: f32 }",
  reduced: `fn reduced(x: f32) -> Reduced {
    if (bits(absf(x)) > bits(32768f)) { return reducedFar(x); }
    let n = round(x * 0.63661975f);
    return Reduced(i32(n), ((x - n * 1.5703125f) - n * 4.837512969970703125e-4f) - n * 7.54978995489188e-8f);
  }`,
  times: `fn times(a: u32, b: u32) -> vec2<u32> {
    let al = a & 0xffffu; let ah = a >> 16u; let bl = b & 0xffffu; let bh = b >> 16u;
    let mid = ah * bl + ((al * bl) >> 16u);
    let mid2 = al * bh + (mid & 0xffffu);
    return vec2<u32>(ah * bh + (mid >> 16u) + (mid2 >> 16u), a * b);
  }`,
  twoOverPi: `fn twoOverPi(at: i32) -> u32 {
    switch (at) {
      case 0: { return 0xa2f9836eu; } case 1: { return 0x4e441529u; } case 2: { return 0xfc2757d1u; }
      case 3: { return 0xf534ddc0u; } case 4: { return 0xdb629599u; } case 5: { return 0x3c439041u; }
      case 6: { return 0xfe5163abu; } default: { return 0u; }
    }
  }`,
  // 32 bits of 2/pi from a place on; before the point there are zeros.
  window: `fn window(at: i32) -> u32 {
    let word = at >> 5u;
    let shift = u32(at & 31);
    if (shift == 0u) { return twoOverPi(word); }
    return (twoOverPi(word) << shift) | (twoOverPi(word + 1) >> (32u - shift));
  }`,
  // Payne and Hanek: of x · 2/pi only the bits around the point are computed, from the bits of 2/pi that matter.
  reducedFar: `fn reducedFar(x: f32) -> Reduced {
    let b = bits(absf(x));
    if (b >= 0x7f800000u) { return Reduced(0, nanf()); }
    let m = (b & 0x7fffffu) | 0x800000u;
    let at = i32(b >> 23u) - 150 - 2;
    let p0 = times(m, window(at));
    let p1 = times(m, window(at + 32));
    let p2 = times(m, window(at + 64));
    let mid = p1.y + p2.x;
    let high = p0.y + p1.x + select(0u, 1u, mid < p1.y);
    var f = (high << 2u) | (mid >> 30u);
    var g = mid << 2u;
    var q = i32(high >> 30u);
    let down = f >= 0x80000000u;
    if (down) { q = q + 1; f = ~f; g = ~g; }
    let r = (f32(f) * 2.3283064e-10f + f32(g) * 5.4210109e-20f) * 1.5707964f;
    let s = select(r, -r, down);
    if (order(x) < 0) { return Reduced(-q, -s); }
    return Reduced(q, s);
  }`,
  sinPart: `fn sinPart(r: f32) -> f32 {
    let z = r * r;
    return r + r * z * ${horner("z", -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)};
  }`,
  cosPart: `fn cosPart(r: f32) -> f32 {
    let z = r * r;
    return (1f - 0.5f * z) + z * z * ${horner("z", 2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)};
  }`,
  sinf: `fn sinf(x: f32) -> f32 {
    if (bits(absf(x)) < bits(1e-10f)) { return x; }
    let a = reduced(x);
    let y = select(sinPart(a.r), cosPart(a.r), (a.q & 1) == 1);
    return select(y, -y, (a.q & 2) == 2);
  }`,
  cosf: `fn cosf(x: f32) -> f32 {
    let a = reduced(x);
    let y = select(cosPart(a.r), sinPart(a.r), (a.q & 1) == 1);
    return select(y, -y, ((a.q + 1) & 2) == 2);
  }`,
  tanf: `fn tanf(x: f32) -> f32 {
    if (bits(absf(x)) < bits(1e-10f)) { return x; }
    let a = reduced(x);
    let s = sinPart(a.r);
    let c = cosPart(a.r);
    return select(s / c, -c / s, (a.q & 1) == 1);
  }`,
  // Towards zero, saturating, NaN as 0.
  toInt: `fn toInt(x: f32) -> i32 {
    if (isnan(x)) { return 0; }
    if (order(x) >= order(2147483648f)) { return 2147483647; }
    if (order(x) <= order(-2147483648f)) { return -2147483647 - 1; }
    return i32(x);
  }`,
  toUint: `fn toUint(x: f32) -> u32 {
    if (isnan(x) || order(x) <= 0) { return 0u; }
    if (order(x) >= order(4294967296f)) { return 0xffffffffu; }
    return u32(x);
  }`,
  powerf: power("f32", "f"),
  poweri: power("i32", "i"),
  poweru: power("u32", "u"),
  // Integers: towards zero, by zero -1 (all ones); a remainder by zero is the dividend.
  divi: `fn divi(x: i32, y: i32) -> i32 {
    if (y == 0) { return -1; }
    if (y == -1) { return -x; }
    return x / y;
  }`,
  divu: "fn divu(x: u32, y: u32) -> u32 { if (y == 0u) { return 0xffffffffu; } return x / y; }",
  remi: `fn remi(x: i32, y: i32) -> i32 {
    if (y == 0) { return x; }
    if (y == -1) { return 0; }
    return x % y;
  }`,
  remu: "fn remu(x: u32, y: u32) -> u32 { if (y == 0u) { return x; } return x % y; }",
  // Shifts by the width and more give 0, or the sign.
  shl: "fn shl(x: u32, n: u32) -> u32 { if (n >= 32u) { return 0u; } return x << n; }",
  shr: "fn shr(x: u32, n: u32) -> u32 { if (n >= 32u) { return 0u; } return x >> n; }",
  sar: "fn sar(x: u32, n: u32) -> u32 { return bitcast<u32>(bitcast<i32>(x) >> min(n, 31u)); }",
  rotl: "fn rotl(x: u32, n: u32) -> u32 { return (x << n) | (x >> (32u - n)); }",
};

const NAMES = new Set(Object.keys(LIBRARY));

/** The functions that `code` calls, and those that they call. */
export const libraryFor = (code: string): string => {
  const found = new Map<string, string>();
  const visit = (text: string): void => {
    for (const [name] of text.matchAll(/\b[A-Za-z]\w*\b/g)) {
      if (!NAMES.has(name) || found.has(name)) continue;
      found.set(name, LIBRARY[name]);
      visit(LIBRARY[name]);
    }
  };
  visit(code);
  return [...found.values()].join("\n");
};
