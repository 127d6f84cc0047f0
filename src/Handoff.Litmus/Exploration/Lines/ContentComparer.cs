using System.Diagnostics.CodeAnalysis;

namespace Handoff.Litmus.Exploration.Lines;

/// <summary>Compares arrays by content.</summary>
internal sealed class ContentComparer<T> : IEqualityComparer<T[]>
    where T : unmanaged
{
    public static ContentComparer<T> Instance { get; } = new();

    public bool Equals(T[]? x, T[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode([DisallowNull] T[] obj)
    {
        HashCode hash = default;
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(obj.AsSpan()));
        return hash.ToHashCode();
    }
}
