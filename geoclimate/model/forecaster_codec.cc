#include <limits>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/byte_cursor.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/model/forecaster.h"

// docs/formats/forecaster.md
namespace geoclimate::model {
namespace {

using formats::ByteCursor;
using formats::ByteWriter;

constexpr std::string_view kMagic("GCFCAST\0", 8);
constexpr std::uint32_t kVersion = 5;
// The same without a training sample.
constexpr std::uint32_t kVersionBefore = 4;
constexpr std::size_t kHeaderBytes = kMagic.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
constexpr std::size_t kChecksumBytes = sizeof(std::uint64_t);
// The least that one of each takes in the file: what a count is checked against before room is made
// for it.
constexpr std::size_t kLeastFeatureBytes = 17;
constexpr std::size_t kLeastMemberBytes = 51;
constexpr std::size_t kLinearTermBytes = 27;
constexpr std::size_t kLeastTreeBytes = 8;
constexpr std::size_t kLeastNodeBytes = 9;

constexpr unsigned kLeafBit = 1;
constexpr unsigned kDefaultLeftBit = 2;
constexpr unsigned kMissingShift = 2;
constexpr unsigned kKindShift = 4;

template <typename Enum>
unsigned Number(Enum value) {
  return static_cast<unsigned>(value);
}

bool IsSet(SplitKind kind) {
  return kind == SplitKind::kInSetLeft || kind == SplitKind::kInSetRight;
}

class NumberWriter {
 public:
  NumberWriter(ByteWriter& out, bool as_float) : out_(out), as_float_(as_float) {}
  void Write(double value) {
    if (as_float_) {
      out_.Number(static_cast<float>(value));
    } else {
      out_.Number(value);
    }
  }

 private:
  ByteWriter& out_;
  bool as_float_;
};

void WriteNode(const TreeNode& node, ByteWriter& out, NumberWriter& numbers) {
  if (node.feature < 0) {
    out.Number(static_cast<std::uint8_t>(kLeafBit));
    out.Number(node.cover);
    numbers.Write(node.value);
    return;
  }
  const unsigned flags = (node.default_left ? kDefaultLeftBit : 0) |
                         (Number(node.missing) << kMissingShift) |
                         (Number(node.kind) << kKindShift);
  out.Number(static_cast<std::uint8_t>(flags));
  out.Number(node.cover);
  out.Number(static_cast<std::uint16_t>(node.feature));
  out.Number(static_cast<std::uint32_t>(node.left));
  out.Number(static_cast<std::uint32_t>(node.right));
  if (IsSet(node.kind)) {
    out.Number(node.category_offset);
    out.Number(node.category_words_count);
  } else {
    numbers.Write(node.threshold);
  }
}

void WriteTrees(const TreeEnsemble& ensemble, ByteWriter& out) {
  out.String(ensemble.source);
  out.String(ensemble.objective);
  out.Number(static_cast<std::uint8_t>(ensemble.float_thresholds));
  out.Number(static_cast<std::uint8_t>(ensemble.average));
  out.Number(ensemble.base_scores[0]);
  out.Number(static_cast<std::uint32_t>(ensemble.trees.size()));
  NumberWriter numbers(out, ensemble.float_thresholds);
  for (const Tree& tree : ensemble.trees) {
    out.Number(static_cast<std::uint32_t>(tree.nodes.size()));
    out.Number(static_cast<std::uint32_t>(tree.category_words.size()));
    for (const TreeNode& node : tree.nodes) WriteNode(node, out, numbers);
    for (const std::uint32_t word : tree.category_words) out.Number(word);
  }
}

void WriteLinear(const LinearScore& linear, ByteWriter& out) {
  out.Number(linear.intercept);
  out.Number(linear.bound);
  out.Number(static_cast<std::uint32_t>(linear.terms.size()));
  for (const LinearTerm& term : linear.terms) {
    out.Number(term.column);
    out.Number(static_cast<std::uint8_t>(term.input));
    out.Number(term.center);
    out.Number(term.scale);
    out.Number(term.weight);
  }
}

void WriteColumn(const SampleColumn& column, ByteWriter& out) {
  out.Number(static_cast<std::uint16_t>(column.edges.size()));
  for (const float edge : column.edges) out.Number(edge);
  for (const std::uint32_t count : column.counts) out.Number(count);
}

void WriteBody(const Forecaster& forecaster, ByteWriter& out) {
  out.String(airquality::Slug(forecaster.pollutant));
  out.Number(static_cast<std::uint32_t>(forecaster.horizon_days));
  out.Number(static_cast<std::uint32_t>(forecaster.schema.size()));
  for (const features::Feature& feature : forecaster.schema.features()) {
    out.String(feature.name);
    out.String(feature.unit);
    out.Number(feature.min);
    out.Number(feature.max);
    out.Number(static_cast<std::uint8_t>(feature.missing_allowed));
  }
  out.String(forecaster.baseline.last_feature);
  out.String(forecaster.baseline.reference_feature);
  out.Number(forecaster.baseline.rho);
  out.Number(static_cast<std::uint32_t>(kQuantileLevels.size()));
  for (const double offset : forecaster.calibration.offsets) out.Number(offset);
  const Spread& spread = forecaster.calibration.spread;
  out.Number(spread.floor);
  out.Number(spread.slope);
  out.Number(static_cast<std::uint8_t>(spread.has_trees()));
  if (spread.has_trees()) WriteTrees(spread.trees, out);
  out.Number(forecaster.trust);
  out.Number(static_cast<std::uint32_t>(forecaster.members.size()));
  for (const Member& member : forecaster.members) {
    out.Number(static_cast<std::uint8_t>(member.target));
    out.Number(member.scale_offset);
    WriteLinear(member.linear, out);
    WriteTrees(member.trees, out);
  }
  out.Number(static_cast<std::uint8_t>(!forecaster.training_sample.empty()));
  if (forecaster.training_sample.empty()) return;
  for (const SampleColumn& column : forecaster.training_sample.features) WriteColumn(column, out);
  WriteColumn(forecaster.training_sample.prediction, out);
}

// Reads the body. After a failure the first complaint stands; what is read then is thrown away.
class BodyReader {
 public:
  BodyReader(std::string_view body, std::uint32_t version) : in_(body), version_(version) {}

  base::Result<Forecaster> Read() {
    Forecaster forecaster;
    const base::Result<airquality::Pollutant> pollutant = airquality::ParsePollutant(in_.String());
    if (pollutant.ok()) forecaster.pollutant = *pollutant;
    Require(pollutant.ok(), "its pollutant is unknown");
    const auto horizon = in_.Number<std::uint32_t>();
    Require(horizon <= 1000, "its horizon is out of range");
    forecaster.horizon_days = static_cast<int>(horizon);
    GC_ASSIGN_OR_RETURN(forecaster.schema, ReadSchema());
    forecaster.baseline.last_feature = in_.String();
    forecaster.baseline.reference_feature = in_.String();
    forecaster.baseline.rho = in_.Number<double>();
    Require(in_.Number<std::uint32_t>() == kQuantileLevels.size(),
            "its quantile levels are others");
    for (double& offset : forecaster.calibration.offsets) offset = in_.Number<double>();
    Spread& spread = forecaster.calibration.spread;
    spread.floor = in_.Number<double>();
    spread.slope = in_.Number<double>();
    if (Flag()) {
      ReadTrees(forecaster.schema, spread.trees);
      Require(spread.has_trees(), "its spread has trees, but none");
    }
    forecaster.trust = in_.Number<double>();
    const auto members = in_.Number<std::uint32_t>();
    Require(members <= kMaxMembers, "it has too many members");
    if (Good() && in_.Fits(members, kLeastMemberBytes)) forecaster.members.resize(members);
    for (Member& member : forecaster.members) ReadMember(forecaster.schema, member);
    if (version_ > kVersionBefore && Flag()) ReadSample(forecaster);
    Require(in_.left() == 0, "bytes follow its end");
    if (!Good()) return Failure();
    return forecaster;
  }

 private:
  bool Good() const { return complaint_.empty() && !in_.failed(); }

  void Require(bool condition, std::string_view complaint) {
    if (condition || !Good()) return;
    complaint_ = fmt::format("{} (byte {})", complaint, in_.offset() + kHeaderBytes);
  }

  base::Error Failure() const {
    return base::DataLoss("forecaster: " + (complaint_.empty() ? "it ends too early" : complaint_));
  }

  bool Flag() {
    const auto flag = in_.Number<std::uint8_t>();
    Require(flag <= 1, "a flag is neither 0 nor 1");
    return flag == 1;
  }

  base::Result<features::FeatureSchema> ReadSchema() {
    std::vector<features::Feature> features;
    const auto count = in_.Number<std::uint32_t>();
    Require(count <= std::numeric_limits<std::uint16_t>::max(), "it has too many features");
    if (Good() && in_.Fits(count, kLeastFeatureBytes)) features.resize(count);
    for (features::Feature& feature : features) {
      feature.name = in_.String();
      feature.unit = in_.String();
      feature.min = in_.Number<float>();
      feature.max = in_.Number<float>();
      feature.missing_allowed = Flag();
    }
    if (!Good()) return Failure();
    const base::Result<void> valid = features::FeatureSchema::Validate(features);
    if (!valid.ok()) return base::DataLoss("forecaster: " + valid.error().message());
    return features::FeatureSchema(std::move(features));
  }

  void ReadSample(Forecaster& forecaster) {
    TrainingSample& sample = forecaster.training_sample;
    // Each takes a count at least.
    if (!Good() || !in_.Fits(forecaster.schema.size() + 1, sizeof(std::uint16_t))) return;
    sample.features.resize(forecaster.schema.size());
    for (SampleColumn& column : sample.features) ReadColumn(column);
    ReadColumn(sample.prediction);
  }

  void ReadColumn(SampleColumn& column) {
    const auto edges = in_.Number<std::uint16_t>();
    if (!Good() || !in_.Fits(edges, sizeof(float))) return;
    column.edges.resize(edges);
    for (float& edge : column.edges) edge = in_.Number<float>();
    const std::size_t counts = kMonths * column.bins();
    if (!Good() || !in_.Fits(counts, sizeof(std::uint32_t))) return;
    column.counts.resize(counts);
    for (std::uint32_t& count : column.counts) count = in_.Number<std::uint32_t>();
  }

  void ReadMember(const features::FeatureSchema& schema, Member& member) {
    const auto target = in_.Number<std::uint8_t>();
    Require(target <= Number(MemberTarget::kLogResidual), "a member's target is unknown");
    member.target = static_cast<MemberTarget>(target);
    member.scale_offset = in_.Number<double>();
    ReadLinear(member.linear);
    ReadTrees(schema, member.trees);
  }

  void ReadTrees(const features::FeatureSchema& schema, TreeEnsemble& trees) {
    trees.features = static_cast<std::int32_t>(schema.size());
    for (const features::Feature& feature : schema.features()) {
      trees.feature_names.push_back(feature.name);
    }
    trees.source = in_.String();
    trees.objective = in_.String();
    trees.float_thresholds = Flag();
    trees.average = Flag();
    trees.base_scores = {in_.Number<double>()};
    const auto count = in_.Number<std::uint32_t>();
    if (Good() && in_.Fits(count, kLeastTreeBytes)) trees.trees.resize(count);
    for (Tree& tree : trees.trees) {
      if (!Good()) return;
      ReadTree(trees.float_thresholds, tree);
    }
  }

  void ReadLinear(LinearScore& linear) {
    linear.intercept = in_.Number<double>();
    linear.bound = in_.Number<double>();
    const auto terms = in_.Number<std::uint32_t>();
    if (Good() && in_.Fits(terms, kLinearTermBytes)) linear.terms.resize(terms);
    for (LinearTerm& term : linear.terms) {
      term.column = in_.Number<std::uint16_t>();
      const auto input = in_.Number<std::uint8_t>();
      Require(input <= Number(LinearInput::kShare), "a linear term's input is unknown");
      term.input = static_cast<LinearInput>(input);
      term.center = in_.Number<double>();
      term.scale = in_.Number<double>();
      term.weight = in_.Number<double>();
    }
  }

  void ReadTree(bool floats, Tree& tree) {
    const auto nodes = in_.Number<std::uint32_t>();
    const auto words = in_.Number<std::uint32_t>();
    if (!Good() || !in_.Fits(nodes, kLeastNodeBytes)) return;
    tree.nodes.resize(nodes);
    for (TreeNode& node : tree.nodes) ReadNode(floats, node);
    if (!Good() || !in_.Fits(words, sizeof(std::uint32_t))) return;
    tree.category_words.resize(words);
    for (std::uint32_t& word : tree.category_words) word = in_.Number<std::uint32_t>();
  }

  double ReadNumber(bool is_float) {
    return is_float ? double{in_.Number<float>()} : in_.Number<double>();
  }

  void ReadNode(bool floats, TreeNode& node) {
    const unsigned flags = in_.Number<std::uint8_t>();
    node.cover = in_.Number<float>();
    if (flags == kLeafBit) {
      node.value = ReadNumber(floats);
      return;
    }
    const unsigned missing = (flags >> kMissingShift) & 3;
    Require((flags & kLeafBit) == 0 && flags < 64 && missing <= Number(TreeNode::Missing::kZero),
            "a node's flags are unknown");
    node.default_left = (flags & kDefaultLeftBit) != 0;
    node.missing = static_cast<TreeNode::Missing>(missing);
    node.kind = static_cast<SplitKind>((flags >> kKindShift) & 3);
    node.feature = in_.Number<std::uint16_t>();
    const auto left = in_.Number<std::uint32_t>();
    const auto right = in_.Number<std::uint32_t>();
    constexpr std::uint32_t kLimit = std::numeric_limits<std::int32_t>::max();
    Require(left <= kLimit && right <= kLimit, "a node's child is out of range");
    node.left = static_cast<std::int32_t>(left);
    node.right = static_cast<std::int32_t>(right);
    if (IsSet(node.kind)) {
      node.category_offset = in_.Number<std::uint32_t>();
      node.category_words_count = in_.Number<std::uint32_t>();
    } else {
      node.threshold = ReadNumber(floats);
    }
  }

  ByteCursor in_;
  const std::uint32_t version_;
  std::string complaint_;
};

}  // namespace

std::string EncodeForecaster(const Forecaster& forecaster) {
  std::string body;
  ByteWriter body_out(body);
  WriteBody(forecaster, body_out);

  std::string bytes;
  bytes.reserve(kHeaderBytes + body.size() + kChecksumBytes);
  bytes += kMagic;
  ByteWriter out(bytes);
  out.Number(kVersion);
  out.Number(std::uint64_t{body.size()});
  bytes += body;
  out.Number(formats::Xxh3(bytes));
  return bytes;
}

base::Result<Forecaster> ParseForecaster(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) {
    return base::DataLoss("forecaster: it does not begin with GCFCAST");
  }
  if (bytes.size() < kHeaderBytes + kChecksumBytes) {
    return base::DataLoss("forecaster: it ends within its header");
  }
  ByteCursor header(bytes.substr(kMagic.size()));
  const auto version = header.Number<std::uint32_t>();
  if (version != kVersion && version != kVersionBefore) {
    return base::Unimplemented(
        fmt::format("forecaster: version {} of the format; this program reads versions {} and {}: "
                    "train it again",
                    version, kVersionBefore, kVersion));
  }
  const auto body_size = header.Number<std::uint64_t>();
  if (body_size != bytes.size() - kHeaderBytes - kChecksumBytes) {
    return base::DataLoss(
        fmt::format("forecaster: its header promises a body of {} bytes, {} are there", body_size,
                    bytes.size() - kHeaderBytes - kChecksumBytes));
  }
  const std::string_view checked = bytes.substr(0, bytes.size() - kChecksumBytes);
  ByteCursor checksum(bytes.substr(checked.size()));
  if (checksum.Number<std::uint64_t>() != formats::Xxh3(checked)) {
    return base::DataLoss("forecaster: its checksum does not fit its bytes");
  }
  GC_ASSIGN_OR_RETURN(Forecaster forecaster,
                      BodyReader(checked.substr(kHeaderBytes), version).Read());
  const base::Result<void> valid = forecaster.Validate();
  if (!valid.ok()) return base::DataLoss("forecaster: " + valid.error().message());
  return forecaster;
}

}  // namespace geoclimate::model
