"""What a cell says: amounts, moments, words, and the choices that a person makes about them."""
