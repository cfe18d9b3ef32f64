module plugboard.example/wordscore

go 1.21
