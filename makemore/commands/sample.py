"""`makemore sample`."""

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.corpus.reading import clean


@reports_errors
def sample(
    n: flags.CountOption = None,
    run: flags.RunOption = None,
    prompt: flags.PromptOption = "",
    temperature: flags.TemperatureOption = 1.0,
    top_k: flags.TopKOption = None,
    top_p: flags.TopPOption = None,
    min_length: flags.MinLengthOption = 1,
    max_length: flags.MaxLengthOption = None,
    data: flags.SameDataOption = None,
    novel: flags.NovelOption = False,
    distinct: flags.DistinctOption = False,
    seed: flags.SeedOption = None,
    device: flags.DeviceOption = "auto",
    model: flags.OwnModelOption = None,
    trust: flags.TrustOption = False,
    as_json: flags.JsonOption = False,
) -> None:
    """Make more: draw new documents from a trained model, or go on with a text."""
    import torch  # noqa: F401  first: from deep down in the stack it takes a tenth longer

    from makemore.commands import console
    from makemore.maker import Maker
    from makemore.sampling.how import HowToDraw

    maker = Maker.load(run, device, data=data, model=model, trust=trust)
    prompt = maker.vocabulary.typed(prompt)
    how: HowToDraw = {"prompt": prompt, "min_length": min_length, "max_length": max_length}
    how |= {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    if maker.is_text and not (as_json or novel or distinct):
        console.show_texts(maker.stream(n, seed=seed, **how), clean(prompt), raw=True)
        return
    places = as_json or console.in_terminal()
    samples = maker.draw(n, novel=novel, distinct=distinct, seed=seed, places=places, **how)
    if as_json:
        for one in samples:
            console.print_json(one.figures())
    else:
        console.show_samples(samples, maker.longest, maker.config.data.how, raw=True)
