"""The program's own error, and how any error is told: one line for the person, the whole of it for the log."""


class MissingError(LookupError):
    """Something that was asked for or is needed is not there; its words name it and the remedy. Commands end with 2."""


# What is raised in words, by lower packages too; anything else is a fault of the program.
_IN_WORDS = (MissingError, ValueError, OSError, RuntimeError)


def in_words(error: BaseException) -> str:
    """Return what the person is told of an error."""
    if (isinstance(error, _IN_WORDS) or type(error) is LookupError) and str(error):
        return str(error)
    return f"a fault of the program ({type(error).__name__}: {error}): ./run report packs what is needed to find it"
