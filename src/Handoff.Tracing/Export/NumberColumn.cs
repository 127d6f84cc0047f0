using System.Runtime.CompilerServices;
using Handoff.Tracing.Parquet;

namespace Handoff.Tracing.Export;

/// <summary>Numbers, days, or yes and no. Unsigned numbers above 2^63 appear negative: few engines know unsigned ones.</summary>
internal sealed class NumberColumn(string name, ParquetType type) : ExportColumn(name, type)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(long value) => Rows.Add(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(ulong value) => Rows.Add(unchecked((long)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(bool value) => Rows.Add(value ? 1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Add(long? value)
    {
        if (value is { } known)
            Rows.Add(known);
        else
            Rows.AddMissing();
    }

    internal void Add(bool? value)
    {
        if (value is { } known)
            Rows.Add(known ? 1 : 0);
        else
            Rows.AddMissing();
    }

    /// <summary>Adds an address; all ones stand for none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddAddress(ulong value)
    {
        if (value == ulong.MaxValue)
            Rows.AddMissing();
        else
            Rows.Add(unchecked((long)value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddMissing() => Rows.AddMissing();
}
