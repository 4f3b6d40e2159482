SELECT bits, bits_from FROM coverage WHERE site = ?1 AND pollutant = ?2
