import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as errors from "../../lib/core/errors.js";

const { InvariantError, isFluxionError, ShapeError } = errors;

const Errors = suite("core/errors");

Errors("a message has its parts under each other, and leaves out those that are not known", () => {
  const e = new ShapeError({
    where: "matmul",
    what: "contracting sizes differ",
    expected: "lhs[-1] = rhs[-2]",
    got: "lhs f32[8,512], rhs f32[768,64]",
    at: "params.encoder.layers[3].mlp.wi",
    hint: "this checkpoint has dModel 768; the config says 512",
  });
  assert.is(
    e.message,
    `matmul: contracting sizes differ
  expected  lhs[-1] = rhs[-2]
  got       lhs f32[8,512], rhs f32[768,64]
  at        params.encoder.layers[3].mlp.wi
  hint      this checkpoint has dModel 768; the config says 512`,
  );
  assert.is(new ShapeError({ where: "f", what: "w" }).message, "f: w");
  assert.is(e.name, "ShapeError");
  assert.is(e.mismatch.hint, "this checkpoint has dModel 768; the config says 512");
});

Errors("isFluxionError tells our errors by their tag, every class of them", () => {
  const classes = Object.entries(errors).filter(
    ([name]) => /^(?!Fluxion).*Error$/.test(name) && name !== "isFluxionError",
  );
  assert.is(classes.length, 14);
  for (const [name, Class] of classes) {
    const e = new (Class as typeof ShapeError)({ where: "f", what: "w" }) as errors.FluxionError;
    assert.is(e._tag, name);
    assert.ok(isFluxionError(e) && isFluxionError(e, name as "ShapeError"), name);
    assert.is(isFluxionError(e, "ShapeError"), name === "ShapeError");
  }
});

Errors("errors of another copy of the package are told, others are not", () => {
  assert.ok(isFluxionError(Object.assign(new Error("x"), { _tag: "ShapeError" }), "ShapeError"));
  for (const other of [new Error("x"), Object.assign(new Error("x"), { _tag: "Left" }), { _tag: "ShapeError" }, null]) {
    assert.not.ok(isFluxionError(other));
  }
});

Errors("a cause is kept", () => {
  const cause = new Error("kernel");
  assert.is(new InvariantError({ where: "f", what: "w" }, { cause }).cause, cause);
});

Errors.run();
