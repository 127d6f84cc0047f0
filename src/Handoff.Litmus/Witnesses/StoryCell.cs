using System.Text.Json;

namespace Handoff.Litmus.Witnesses;

/// <summary>What one cell holds.</summary>
/// <param name="Name">The buffer or slot.</param>
/// <param name="Dram">The version in DRAM.</param>
/// <param name="Cache">The version in the CPU cache; <see langword="null"/> if its line is not cached.</param>
/// <param name="Dirty">Whether the cached line is dirty.</param>
public sealed record StoryCell(string Name, string Dram, string? Cache, bool Dirty)
{
    /// <summary>Writes the cell as the object that witness files and reports have: <c>name</c>, <c>memory</c> and, where its line is cached, <c>cache</c> and <c>dirty</c>.</summary>
    /// <param name="json">Where to.</param>
    public void WriteTo(Utf8JsonWriter json)
    {
        ArgumentNullException.ThrowIfNull(json);
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("memory", Dram);
        if (Cache is not null)
        {
            json.WriteString("cache", Cache);
            json.WriteBoolean("dirty", Dirty);
        }

        json.WriteEndObject();
    }
}
