"""How does a program learn from its mistakes? By derivatives: the whole of it, number by number.

    engine     a number that knows its derivatives: Value, and its `backward`
    nn         networks of such numbers
    gradcheck  derivatives held to what small differences measure
    trace      a computation as a picture
    moons      a first training: two half moons, told apart by 337 numbers
    boundary   where a trained network draws the line, as a picture

Read engine, then nn. Nothing here imports anything else of makemore, or PyTorch; everything else
that makemore trains does the same on whole arrays. `Value` is at hand here too, and the names are
those of the original micrograd (https://github.com/karpathy/micrograd), so what was written for it
runs with the import changed.
"""

from makemore.micrograd.engine import Value as Value
