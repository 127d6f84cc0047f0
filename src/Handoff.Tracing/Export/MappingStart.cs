using Handoff.Tracing.Mappings;

namespace Handoff.Tracing.Export;

/// <summary>What is known of the beginning of a mapping and not kept with it.</summary>
/// <param name="ListIndex">Which segment of its list.</param>
/// <param name="Predicate">Why it bounced, if it did.</param>
/// <param name="More">Mappings with the same device, address and time besides this one.</param>
internal readonly record struct MappingStart(int ListIndex, BouncePredicate Predicate, int More);
