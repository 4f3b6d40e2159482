SELECT c.site, c.pollutant, c.bits, c.bits_from
FROM unnest($1, $2) AS k (site, pollutant)
JOIN coverage AS c ON c.site = k.site AND c.pollutant = k.pollutant
