using System.Globalization;
using DuckDB.NET.Data;

namespace Handoff.Cli.Tests.Traces;

/// <summary>An exported dataset as somebody else's engine reads it.</summary>
internal sealed class DuckDb : IDisposable
{
    private readonly DuckDBConnection _connection = new("Data Source=:memory:");

    internal DuckDb(string dataset)
    {
        _connection.Open();
        foreach (string name in (string[])["tables-duckdb.sql", "views.sql"])
            Query(File.ReadAllText(Path.Combine(dataset, name)));
    }

    /// <summary>Rows as <c>a|b|c</c>, nothing for NULL.</summary>
    internal string[] Query(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // the tests' own statements
        command.CommandText = sql;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture))));
        return [.. rows];
    }

    public void Dispose() => _connection.Dispose();
}
