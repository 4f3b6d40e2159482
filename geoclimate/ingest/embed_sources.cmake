# Writes OUTPUT, a C++ source with the text of each of INPUTS as a raw string, which FUNCTION returns.
set(entries "")
foreach(input IN LISTS INPUTS)
  get_filename_component(name ${input} NAME)
  file(READ ${input} text)
  string(APPEND entries "    {\"${name}\", R\"yaml(${text})yaml\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"geoclimate/ingest/embedded_sources.h\"

namespace geoclimate::ingest {
namespace {

constexpr EmbeddedSource kSources[] = {
${entries}};

}  // namespace

std::span<const EmbeddedSource> ${FUNCTION}() {
  return kSources;
}

}  // namespace geoclimate::ingest
")
