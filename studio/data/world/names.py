"""The names of the world's people: each is one word that means nothing else in its texts."""

from __future__ import annotations

_GIRLS = """
Ada Adele Agnes Alba Alice Alma Alva Amelia Amina Amy Anita Anna Anouk Asta Astrid Aya Beata Bella Bertha Beth Betty
Bianca Brenda Bridget Camilla Carla Carmen Carol Cecilia Celia Chloe Clara Cora Dana Daphne Delia Diana Dina Dora
Doris Edith Effie Elena Elin Elisa Ella Elsa Emily Emma Enid Erika Esther Etta Eva Fatima Fiona Frances Freda Frida
Gerda Gina Greta Hanna Harriet Heidi Helen Helga Hilda Ida Ilse Ines Irene Irma Isabel Jana Jane Jenny Jessica Jill
Joan Judith Julia Karin Kate Katja Klara Lara Laura Lea Leila Lena Leona Lilian Linda Lisa Livia Lola Lotte Louise
Lucy Luna Lydia Mabel Maja Mara Maria Marta Matilda Maud Mia Mila Minna Mira Molly Mona Muriel Nadia Nancy Naomi Nell
Nina Nora Olga Olivia Paula Petra Polly Rachel Rita Ronja Rosa Ruth Sally Sandra Sara Selma Sonja Stella Susan Tamara
Tessa Thea Tilda Tina Ulla Ursula Vera Wanda Wilma Yara Yvonne Zoe
"""
_BOYS = """
Aaron Adam Adrian Alan Albert Alfred Amos Andrew Anton Arne Arthur Axel Barney Ben Benno Bernard Boris Bruno Caleb
Carlo Caspar Cedric Colin Conrad Damian Daniel David Dennis Derek Diego Duncan Edgar Edmund Edwin Elias Emil Enzo Eric
Ernest Ethan Eugene Evan Fabian Felix Fergus Finn Floyd Frank Fred George Gerald Gilbert Giles Gordon Graham Gregor
Gustav Hamid Harald Harold Harry Hector Henry Herman Hugo Ian Igor Isaac Ivan Jacob James Jan Jasper Joel Johan Jonas
Joseph Julian Karl Keith Kevin Klaus Konrad Lars Leo Leon Leonard Lewis Linus Louis Luca Lukas Magnus Manuel Marco
Martin Marvin Max Melvin Milo Moritz Neil Nelson Nico Nigel Noah Norman Olaf Oliver Omar Orlando Oscar Oswald Otis
Otto Owen Pablo Pascal Paul Pavel Pedro Peter Philip Pierre Rafael Ralph Ramon Raymond Robert Roger Roland Roman
Rudolf Rufus Rupert Samuel Simon Stefan Stuart Sven Ted Theo Thomas Tim Tobias Tom Tristan Victor Vincent Walter
Willem Yusuf
"""
GIRLS: tuple[str, ...] = tuple(_GIRLS.split())
BOYS: tuple[str, ...] = tuple(_BOYS.split())
NAMES: tuple[str, ...] = tuple(name for pair in zip(GIRLS, BOYS, strict=False) for name in pair)
"""As many girls as boys, in turns."""
_ALL_GIRLS = frozenset(GIRLS)


def is_girl(name: str) -> bool:
    """Whether the person of a name is "she" in the world's texts."""
    return name in _ALL_GIRLS
