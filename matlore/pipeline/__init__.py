"""The only assembler: joins the stages into what one command does."""

__all__: list[str] = []
