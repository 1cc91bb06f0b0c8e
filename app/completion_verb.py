"""`avocet completion`: what a shell needs to complete avocet's verbs."""

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what SHELL needs to complete verbs and options.

    \b
    bash:  avocet completion bash > ~/.local/share/bash-completion/completions/avocet
    zsh:   avocet completion zsh > ~/.zfunc/_avocet    (with fpath+=~/.zfunc before compinit)
    fish:  avocet completion fish > ~/.config/fish/completions/avocet.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101  click has all three
    # Filled in here, not by its `source`: that one starts a bash to ask for its version.
    maker = kind(ctx.find_root().command, {}, "avocet", "_AVOCET_COMPLETE")
    click.echo(maker.source_template % maker.source_vars())
