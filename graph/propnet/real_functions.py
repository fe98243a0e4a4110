"""Functions of real numbers that sympy has in another form, or for complex numbers only."""

import sympy

__all__ = ["absolute", "cube_root", "larger", "sign", "smaller", "step"]


class cube_root(sympy.Function):  # type: ignore[misc]
    """The real cube root, of negative numbers too, which sympy's own is not."""

    nargs = 1
    is_extended_real = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Return the derivative."""
        return 1 / (3 * self**2)

    @classmethod
    def eval(cls, arg: sympy.Expr) -> sympy.Expr | None:
        """Return the value for a number."""
        if not arg.is_number:
            return None
        root = sympy.Abs(arg) ** sympy.Rational(1, 3)
        return -root if arg.is_negative else root


class step(sympy.Function):  # type: ignore[misc]
    """1 where the argument is above zero, 0 below, a half at zero."""

    nargs = 1
    is_extended_real = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Return zero, also at the step."""
        return sympy.Integer(0)


class larger(sympy.Function):  # type: ignore[misc]
    """The larger of two numbers; sympy's own refuses what it cannot prove to be real."""

    nargs = 2
    is_extended_real = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Return 1 for the argument that is the larger."""
        one, other = self.args if argindex == 1 else self.args[::-1]
        return step(one - other)

    @classmethod
    def eval(cls, one: sympy.Expr, other: sympy.Expr) -> sympy.Expr | None:
        """Return the value for numbers."""
        return max(one, other) if one.is_number and other.is_number else None


class smaller(sympy.Function):  # type: ignore[misc]
    """The smaller of two numbers."""

    nargs = 2
    is_extended_real = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Return 1 for the argument that is the smaller."""
        one, other = self.args if argindex == 1 else self.args[::-1]
        return step(other - one)

    @classmethod
    def eval(cls, one: sympy.Expr, other: sympy.Expr) -> sympy.Expr | None:
        """Return the value for numbers."""
        return min(one, other) if one.is_number and other.is_number else None


class absolute(sympy.Function):  # type: ignore[misc]
    """An absolute value with the derivative of real numbers: zero at zero."""

    nargs = 1
    is_extended_real = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Return the sign."""
        return sign(self.args[0])


class sign(sympy.Function):  # type: ignore[misc]
    """A sign that sympy leaves as it is."""

    nargs = 1
    is_extended_real = True

    def fdiff(self, argindex: int = 1) -> sympy.Expr:
        """Return zero, also at the step."""
        return sympy.Integer(0)
